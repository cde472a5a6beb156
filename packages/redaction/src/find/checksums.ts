const ZERO = '0'.charCodeAt(0);

/** ISO/IEC 7812: the check digit of payment cards. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - ZERO;
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

// Verhoeff's dihedral check: the product of the dihedral group D5, and the permutation for each place.
const PRODUCT = toTable(
  '0123456789 1234067895 2340178956 3401289567 4012395678 5987604321 6598710432 7659821043 8765932104 9876543210',
);
const PERMUTATION = toTable(
  '0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258',
);

/** The check digit of Aadhaar numbers. */
export function passesVerhoeff(digits: string): boolean {
  let check = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - ZERO;
    const permuted = PERMUTATION[index % 8]?.[digit] ?? 0;
    check = PRODUCT[check]?.[permuted] ?? 0;
  }
  return check === 0;
}

function toTable(rows: string): number[][] {
  return rows.split(' ').map((digits) => Array.from(digits, Number));
}
