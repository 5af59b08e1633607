import fc from 'fast-check';
import { DAY_MS } from '../../../src/kernel/durations.js';
import {
  earliest,
  presentOf,
  provingOf,
  renewableFrom,
  windowDays,
} from '../../../src/features/enrolment/renewal/renewal-window.js';

const BEGIN = new Date('2026-01-01T00:00:00Z');
const NOW = new Date('2026-06-01T00:00:00Z');
const after = (days: number): Date => new Date(BEGIN.getTime() + days * DAY_MS);

test('a certificate can be renewed from the first reminder on', () => {
  const life = { notBefore: BEGIN, notAfter: after(730) };
  expect(renewableFrom(life, { expiryReminderDays: [7, 90, 30] })).toEqual(after(640));
  expect(renewableFrom(life, { expiryReminderDays: [] })).toEqual(after(670));
});

test('never in the first half of its life, and always before its end', () => {
  const days = fc.array(fc.integer({ min: 1, max: 365 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3650 }), days, (life, expiryReminderDays) => {
      const from = renewableFrom(
        { notBefore: BEGIN, notAfter: after(life) },
        { expiryReminderDays },
      );
      expect(from.getTime()).toBeGreaterThanOrEqual(after(life / 2).getTime());
      expect(from.getTime()).toBeLessThan(after(life).getTime());
      expect(windowDays({ expiryReminderDays })).toBeGreaterThanOrEqual(
        (after(life).getTime() - from.getTime()) / DAY_MS,
      );
    }),
  );
});

describe('of several certificates', () => {
  const certificate = (
    kind: 'AUTHENTICATION' | 'SIGNATURE' | 'ENCRYPTION',
    notAfter: Date,
    status = 'VALID',
  ) => ({ kind, notBefore: BEGIN, notAfter, status });
  const old = certificate('AUTHENTICATION', after(200));
  const young = certificate('AUTHENTICATION', after(900));
  const signature = certificate('SIGNATURE', after(300));

  test('the one of each kind that is good for longest counts, in whichever order they come', () => {
    expect(presentOf([old, signature, young], NOW)).toEqual([young, signature]);
    expect(presentOf([young, old], NOW)).toEqual([young]);
  });

  test.each(['ON_HOLD', 'REVOKED', 'EXPIRED'])('one that is %s does not count', (status) => {
    expect(presentOf([certificate('SIGNATURE', after(900), status), signature], NOW)).toEqual([
      signature,
    ]);
  });

  test('one that has run out does not count, whether or not that was noticed', () => {
    expect(presentOf([certificate('SIGNATURE', NOW)], NOW)).toEqual([]);
  });

  test('authentication speaks for the mobile ID, then signature, and encryption never', () => {
    const encryption = certificate('ENCRYPTION', after(900));
    expect(provingOf([encryption, signature, young])).toBe(young);
    expect(provingOf([encryption, signature])).toBe(signature);
    expect(provingOf([encryption])).toBeUndefined();
  });

  test('the earliest of their dates is theirs together', () => {
    expect(earliest([after(3), after(1), after(2)])).toEqual(after(1));
    expect(earliest([])).toBeUndefined();
  });
});
