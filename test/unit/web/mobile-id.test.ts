import { replacementText } from '../../../src/web/portal/enrolment/replacement-text.js';
import {
  endText,
  pemFileOf,
  presentCertificates,
} from '../../../src/web/portal/mobile-id/certificate-text.js';
import { deviceNoun, deviceText } from '../../../src/web/portal/mobile-id/device-text.js';
import {
  isOver,
  movesOf,
  REVOCATIONS,
  WHY_REVOKED,
} from '../../../src/web/portal/mobile-id/mobile-id-moves.js';
import { standingText } from '../../../src/web/portal/mobile-id/mobile-id-text.js';
import { refusalOf } from '../../../src/web/portal/step-up/ask-access.js';
import { impossibleText, stepUpText } from '../../../src/web/portal/step-up/step-up-text.js';
import { missingOf } from '../../../src/web/portal/step-up/step-up.js';

const MOMENT = '2026-03-04T12:00:00.000Z';

describe('what its holder can do about a mobile ID', () => {
  test.each([
    ['ACTIVE', [], ['SUSPEND', 'REPLACE', 'REVOKE']],
    ['INACTIVE', ['HOLDER'], ['REACTIVATE', 'REPLACE', 'REVOKE']],
    ['INACTIVE', ['OPERATOR'], ['REPLACE', 'REVOKE']],
    ['INACTIVE', ['ACCOUNT'], ['REPLACE', 'REVOKE']],
    ['INACTIVE', ['HOLDER', 'OPERATOR'], ['REPLACE', 'REVOKE']],
    ['INACTIVE', ['ACCOUNT', 'HOLDER'], ['REPLACE', 'REVOKE']],
    ['INACTIVE', [], ['REPLACE', 'REVOKE']],
    ['INACTIVE', ['PROJECT'], ['REVOKE']],
    ['INACTIVE', ['HOLDER', 'PROJECT'], ['REVOKE']],
    ['REVOKED', [], []],
    ['EXPIRED', [], []],
  ] as const)('%s, suspended by %j: %j', (state, suspendedBy, moves) => {
    const profile = { state, suspendedBy: [...suspendedBy] };
    expect(movesOf(profile)).toEqual(moves);
    expect(isOver(profile)).toBe(moves.length === 0);
  });

  test('tells relying parties of a phone that is in other hands, and of nothing else', () => {
    const told = WHY_REVOKED.map((why) => [why, REVOCATIONS[why].cause]);
    expect(Object.fromEntries(told)).toEqual({
      LOST: 'KEY_COMPROMISE',
      STOLEN: 'KEY_COMPROMISE',
      NOT_NEEDED: 'CESSATION_OF_OPERATION',
      OTHER: 'UNSPECIFIED',
    });
    expect(new Set(WHY_REVOKED.map((why) => REVOCATIONS[why].reason)).size).toBe(4);
  });
});

describe('how a mobile ID stands', () => {
  const ended = { suspendedBy: [], validTo: MOMENT, certificates: [] };

  test.each([
    [['HOLDER'], 'Suspended by you. Nobody can use it until you reactivate it.'],
    [['OPERATOR'], 'Suspended by an operator. Only an operator can lift that'],
    [['HOLDER', 'OPERATOR'], 'Suspended by you and by an operator. Only an operator'],
    [['ACCOUNT'], 'Suspended together with your account. Please ask'],
    [['ACCOUNT', 'HOLDER'], 'Suspended together with your account, and by you. Please ask'],
    [['PROJECT'], 'Suspended, because you were removed from this programme.'],
    [['HOLDER', 'OPERATOR', 'PROJECT'], 'Suspended, because you were removed from this programme.'],
    [[], 'Suspended. Please ask'],
  ] as const)('while suspended by %j', (suspendedBy, text) => {
    expect(standingText({ ...ended, state: 'INACTIVE', suspendedBy: [...suspendedBy] })).toContain(
      text,
    );
  });

  test.each([
    ['keyCompromise', /^Revoked for good on 4 March 2026 at .*: it was reported lost/],
    ['superseded', /: a newer mobile ID took its place\.$/],
    ['cessationOfOperation', /: it was no longer needed\.$/],
    ['unspecified', /at \d\d:\d\d\.$/],
    ['toString', /at \d\d:\d\d\.$/],
    [null, /at \d\d:\d\d\.$/],
  ])('once revoked as %s', (revocationReason, text) => {
    const earlier = {
      revocationReason: 'affiliationChanged',
      revokedAt: '2025-01-01T12:00:00.000Z',
      recovered: true,
    };
    const certificates = [earlier, { revocationReason, revokedAt: MOMENT, recovered: false }];
    expect(standingText({ ...ended, state: 'REVOKED', certificates })).toMatch(text);
  });

  test('once revoked without a certificate that says when', () => {
    expect(standingText({ ...ended, state: 'REVOKED' })).toBe('Revoked for good.');
  });

  test('while it is good, and once it has run out', () => {
    expect(standingText({ ...ended, state: 'ACTIVE' })).toContain('until 4 March 2026');
    expect(standingText({ ...ended, state: 'EXPIRED' })).toContain('ran out on 4 March 2026');
  });
});

describe('a device', () => {
  test.each([
    ['Pixel 9', 'Android', 'phone', 'Pixel 9 (Android)'],
    ['Android phone', 'Android', 'phone', 'Android phone'],
    ['iPhone', 'iOS', 'phone', 'iPhone (iOS)'],
    ['iPad', 'iPadOS', 'device', 'iPad (iPadOS)'],
    ['gateway-7', 'curl/8.5.0', 'device', 'gateway-7 (curl/8.5.0)'],
    ['EST client', 'EST', 'device', 'EST client'],
  ] as const)('%s with %s is a %s, shown as %s', (name, platform, noun, text) => {
    expect(deviceNoun({ platform })).toBe(noun);
    expect(deviceText({ name, platform })).toBe(text);
    expect(REVOCATIONS.LOST.label(noun)).toBe(`I have lost the ${noun}`);
  });
});

describe('the certificates that count', () => {
  const own = {
    id: 'c_2',
    kind: 'AUTHENTICATION',
    status: 'VALID',
    serialNumber: '01',
    notAfter: MOMENT,
    revocationReason: null,
    revokedAt: null,
    recovered: false,
  } as const;
  const renewed = {
    ...own,
    id: 'c_1',
    status: 'REVOKED',
    revocationReason: 'superseded',
    revokedAt: MOMENT,
  } as const;
  const recovered = { ...renewed, id: 'c_0', recovered: true };

  test('are those it was renewed with, and its own', () => {
    const certificates = [own, renewed, recovered];
    expect(presentCertificates({ state: 'ACTIVE', certificates })).toEqual([own]);
  });

  test('are all of its own once another mobile ID took its place', () => {
    const certificates = [renewed, recovered];
    expect(presentCertificates({ state: 'REVOKED', certificates })).toEqual([renewed]);
  });
});

describe('a certificate', () => {
  test.each([
    ['ON_HOLD', MOMENT, 'certificateHold', /^On hold since 4 March 2026 at .*good again/],
    [
      'REVOKED',
      MOMENT,
      'keyCompromise',
      /^Revoked since 4 March 2026 at .*: it was reported lost or stolen\.$/,
    ],
    ['REVOKED', MOMENT, 'superseded', /: a newer certificate took its place\.$/],
    ['REVOKED', MOMENT, 'unspecified', /^Revoked since 4 March 2026 at \d\d:\d\d\.$/],
    ['REVOKED', null, null, /^Revoked\.$/],
  ] as const)('that is %s since %s, %s, says so', (status, revokedAt, revocationReason, text) => {
    expect(endText({ status, revokedAt, revocationReason })).toMatch(text);
  });

  test.each(['VALID', 'EXPIRED'] as const)('that is %s says nothing of the kind', (status) => {
    expect(endText({ status, revokedAt: null, revocationReason: null })).toBeUndefined();
  });

  test('is a file under its kind and serial number, as it is', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAB+/==\n-----END CERTIFICATE-----\n';
    const { name, url } = pemFileOf({ kind: 'SIGNATURE', serialNumber: '0A:BC', pem });
    expect(name).toBe('signature-0abc.pem');
    expect(decodeURIComponent(url.slice(url.indexOf(',') + 1))).toBe(pem);
  });
});

describe('what becomes of a mobile ID that is replaced', () => {
  const superseded = [{ revocationReason: 'superseded', recovered: false }];
  const earlier = [{ revocationReason: 'superseded', recovered: true }];
  const replaced = {
    id: 'm_1',
    state: 'ACTIVE',
    device: { name: 'Pixel' },
    certificates: [],
  } as const;

  test.each([
    ['WAITING_FOR_SCAN', {}, 'Until then it goes on working.'],
    ['ISSUING', { state: 'INACTIVE' }, 'Until then it stays suspended.'],
    ['CANCELLED', {}, 'was not replaced. It stays as it is.'],
    ['FAILED', { state: 'REVOKED' }, 'was not replaced. It stays as it is.'],
    ['ACTIVE', { state: 'EXPIRED' }, 'had run out already.'],
    ['ACTIVE', { state: 'REVOKED' }, 'had been revoked already.'],
    ['ACTIVE', { state: 'REVOKED', certificates: earlier }, 'had been revoked already.'],
    [
      'ACTIVE',
      { state: 'REVOKED', certificates: superseded },
      'was revoked at the moment this one became active.',
    ],
  ] as const)('in the status %s, itself %j', (status, changed, text) => {
    const now = { ...replaced, ...changed };
    expect(replacementText(status, { ...now, certificates: [...now.certificates] })).toBe(
      `Your earlier mobile ID on Pixel ${text}`.replace(
        'Pixel Until',
        'Pixel is revoked at the moment this one becomes active. Until',
      ),
    );
  });

  test('is not said before it is known', () => {
    expect(replacementText('ACTIVE', { ...replaced, certificates: [] })).toBeUndefined();
  });
});

describe('what the server would say', () => {
  const missing = [{ anyOf: [{ method: 'TOTP', reason: 'ABSENT' }] }];

  test('is no refusal where it lets one in', () => {
    expect(refusalOf({ outcome: 'ALLOWED', missing: [] })).toBeUndefined();
  });

  test('asks for what is missing, as a refusal of the call itself would', () => {
    const refusal = refusalOf({ outcome: 'STEP_UP_REQUIRED', missing });
    expect(refusal?.code).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    expect(missingOf(refusal?.facts ?? {})).toEqual(missing);
  });

  test('is a refusal for good where nothing helps', () => {
    expect(refusalOf({ outcome: 'FORBIDDEN', missing: [] })?.code).toBe('FORBIDDEN');
  });
});

test('what is replaced or lost is named where it would have been the proof', () => {
  const excluded = 'What you replace or have lost';
  const prove = { kind: 'PROVE', ways: [], reason: 'SAME_CREDENTIAL', more: 0 } as const;
  const told = { purpose: 'to replace it', given: 0, isPasswordAlone: false };
  expect(stepUpText(prove, { ...told, excluded })).toBe(
    'What you replace or have lost cannot prove who you are to replace it. Use something else.',
  );
  expect(
    impossibleText({ kind: 'IMPOSSIBLE', reason: 'SAME_CREDENTIAL' }, 'to replace it', excluded),
  ).toMatch(/^What you replace or have lost cannot prove/);
});
