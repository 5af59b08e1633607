import {
  LIVING_STATES,
  mayFollow,
  predecessorsOf,
  PROFILE_STATES,
  stateAt,
  type ProfileState,
} from '../../../src/features/profiles/profile-state';
import {
  CERTIFICATE_STATUSES,
  predecessorsOf as certificatePredecessorsOf,
  type CertificateStatus,
} from '../../../src/features/certificates/certificate-status';

/** By hand: each state, and what it may become. */
const PROFILE_MOVES: Readonly<Record<ProfileState, readonly ProfileState[]>> = {
  ACTIVE: ['INACTIVE', 'REVOKED', 'EXPIRED'],
  INACTIVE: ['ACTIVE', 'REVOKED', 'EXPIRED'],
  REVOKED: [],
  EXPIRED: [],
};
const CERTIFICATE_MOVES: Readonly<Record<CertificateStatus, readonly CertificateStatus[]>> = {
  VALID: ['ON_HOLD', 'REVOKED', 'EXPIRED'],
  ON_HOLD: ['VALID', 'REVOKED', 'EXPIRED'],
  REVOKED: [],
  EXPIRED: [],
};

const pairs = <T>(states: readonly T[]): [T, T][] =>
  states.flatMap((from) => states.map((to): [T, T] => [from, to]));

test.each(pairs(PROFILE_STATES))('a mobile ID that is %s may become %s, or may not', (from, to) => {
  expect(mayFollow(from, to)).toBe(PROFILE_MOVES[from].includes(to));
  expect(predecessorsOf(to).includes(from)).toBe(PROFILE_MOVES[from].includes(to));
});

test.each(pairs(CERTIFICATE_STATUSES))(
  'a certificate that is %s may become %s, or may not',
  (from, to) => {
    const isPossible = CERTIFICATE_MOVES[from].includes(to);
    expect(certificatePredecessorsOf(to).includes(from)).toBe(isPossible);
  },
);

test('what can still be used, or become usable, counts as living', () => {
  expect([...LIVING_STATES].sort()).toEqual(['ACTIVE', 'INACTIVE']);
});

describe('at the end of its validity', () => {
  const end = new Date('2026-06-01T00:00:00Z');
  const before = new Date(end.getTime() - 1);

  test.each(['ACTIVE', 'INACTIVE'] as const)('one that is %s has run out', (state) => {
    expect(stateAt({ state, validTo: end }, before)).toBe(state);
    expect(stateAt({ state, validTo: end }, end)).toBe('EXPIRED');
  });

  test('one that is REVOKED stays REVOKED', () => {
    expect(stateAt({ state: 'REVOKED', validTo: end }, end)).toBe('REVOKED');
  });
});
