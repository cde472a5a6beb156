/** Settles as the work does; announces it if that takes longer than `afterMs`. */
export async function announceIfSlow<T>(work: Promise<T>, afterMs: number, announce: () => void): Promise<T> {
  const timer = setTimeout(announce, afterMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
