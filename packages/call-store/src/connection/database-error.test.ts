import { describe, expect, it } from '@jest/globals';
import { classifyDatabaseError, describeDatabaseError, type DatabaseErrorKind } from './database-error.ts';

function withCode(code: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code });
}

const SQLSTATES: Record<DatabaseErrorKind, string[]> = {
  retry: ['40001', '40P01'],
  timeout: ['57014'],
  locked: ['55P03'],
  unavailable: [
    ...['08000', '08001', '08003', '08004', '08006', '08P01', '53000', '53100', '53200', '53300', '53400'],
    ...['57P01', '57P02', '57P03', '57P05', '58000', '58030', '58P01', '25006', '25P03'],
  ],
  misconfigured: ['28000', '28P01', '3D000', '3F000', '42501', '42P01', '42703', '42P10', '42883'],
  row: [
    ...['22001', '22003', '22007', '22008', '22021', '22P02', '22P05', '23502', '23505', '23514', '21000'],
    ...['54000', '54001'],
  ],
  unknown: ['XX000', 'XX001', '0A000', '25P02', '99999'],
};

const MESSAGES: Record<DatabaseErrorKind, string[]> = {
  retry: [],
  timeout: ['Query read timeout'],
  locked: [],
  unavailable: [
    'Connection terminated unexpectedly',
    'Connection terminated',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
  ],
  misconfigured: [
    'The server does not support SSL connections',
    'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string',
  ],
  row: [],
  unknown: ['Cannot use a pool after calling end on the pool', 'something else'],
};

const NODE_CODES: Partial<Record<DatabaseErrorKind, string[]>> = {
  unavailable: [
    ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH'],
    ...['ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
  ],
  misconfigured: ['SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID'],
};

function rowsOf(table: Partial<Record<DatabaseErrorKind, string[]>>): [string, string][] {
  return Object.entries(table).flatMap(([kind, names]) =>
    names.map((name): [string, string] => [name, kind]),
  );
}

describe('an error of the database', () => {
  it.each(rowsOf(SQLSTATES))('of SQLSTATE %s means %s', (code, kind) => {
    expect(classifyDatabaseError(withCode(code))).toBe(kind);
  });

  it.each(rowsOf(NODE_CODES))('of code %s means %s', (code, kind) => {
    expect(classifyDatabaseError(withCode(code))).toBe(kind);
  });

  it.each(rowsOf(MESSAGES))('without a code, "%s" means %s', (message, kind) => {
    expect(classifyDatabaseError(new Error(message))).toBe(kind);
  });

  it('of several addresses has the meaning of each of them', () => {
    const refused = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')], '');
    expect(classifyDatabaseError(refused)).toBe('unavailable');
  });

  it('wrapped in another has the meaning of the inner one', () => {
    expect(classifyDatabaseError(new Error('wrapped', { cause: withCode('40001') }))).toBe('retry');
  });

  it.each([undefined, null, 'a text', 42, {}, { code: '40001' }])(
    'that is not an error means unknown: %p',
    (value) => {
      expect(classifyDatabaseError(value)).toBe('unknown');
    },
  );
});

describe('what is logged of an error', () => {
  it('is its message and its code', () => {
    expect(describeDatabaseError(withCode('53300', 'sorry, too many clients already'))).toBe(
      'sorry, too many clients already (53300)',
    );
    expect(describeDatabaseError(new Error('Connection terminated unexpectedly'))).toBe(
      'Connection terminated unexpectedly',
    );
  });

  it('is never a value of the row', () => {
    const error = withCode('22008', 'date/time field value out of range: "said in "confidence""');
    expect(describeDatabaseError(error)).toBe('date/time field value out of range: "…" (22008)');
    const detailed = Object.assign(withCode('23514', 'check failed'), {
      detail: 'Failing row contains (secret).',
    });
    expect(describeDatabaseError(detailed)).toBe('check failed (23514)');
  });

  it('has the message once for several addresses', () => {
    const refused = () => withCode('ECONNREFUSED', 'connect ECONNREFUSED');
    expect(describeDatabaseError(new AggregateError([refused(), refused()], ''))).toBe(
      'connect ECONNREFUSED',
    );
  });
});
