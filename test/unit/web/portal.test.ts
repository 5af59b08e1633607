import {
  channelsLeft,
  firstChoice,
  isComplete,
  validities,
  withLost,
  type Replaced,
} from '../../../src/web/portal/order/order-choice.js';
import { hashOf, parseRoute, type Route } from '../../../src/web/portal/route.js';
import { backOffSeconds } from '../../../src/web/shared/back-off.js';
import { groupSerial, type CertificateKind } from '../../../src/web/shared/certificates.js';

describe('the address', () => {
  test.each<Route>([
    { page: 'HOME' },
    { page: 'ACCOUNT' },
    { page: 'FORGOT_PASSWORD' },
    { page: 'ORDER', projectId: '0190f3c2-aaaa-7bbb-8ccc-0123456789ab' },
    { page: 'REPLACEMENT', projectId: 'p-1', replacesProfileId: 'm_1' },
    { page: 'ENROLMENT', enrolmentId: 'e_1' },
    { page: 'MOBILE_ID', profileId: '0190f3c2-aaaa-7bbb-8ccc-0123456789ab' },
  ])('of $page leads back to it', (route) => {
    expect(parseRoute(hashOf(route))).toEqual(route);
  });

  test.each([
    '',
    '#',
    '#/order/',
    '#/order/a/b',
    '#/order/a/replacing/',
    '#/order/a/replacing/b/c',
    '#/mobile-id/',
    '#/mobile-id/../account',
    '#/enrolment/<script>',
    '#/enrolment/a%20b',
  ])('%j is home', (hash) => {
    expect(parseRoute(hash)).toEqual({ page: 'HOME' });
  });
});

describe('the first choice', () => {
  test('is what the programme issues by default, on its first channel, for its full length', () => {
    const offer = {
      defaultCertificates: ['SIGNATURE', 'AUTHENTICATION', 'ENCRYPTION'],
      selectableCertificates: ['AUTHENTICATION', 'SIGNATURE'],
      channels: ['EMAIL', 'SCREEN'],
      validityDays: 400,
      recoverableCertificates: [],
    } as const;
    expect(firstChoice(offer, 'key')).toEqual({
      certificates: ['AUTHENTICATION', 'SIGNATURE'],
      channel: 'EMAIL',
      validityDays: 400,
      declaredLost: [],
      recoverCertificateIds: [],
      idempotencyKey: 'key',
    });
  });

  test.each([
    ['those that it had', ['SIGNATURE'], ['SIGNATURE']],
    ['those that are still offered', ['SIGNATURE', 'ENCRYPTION'], ['SIGNATURE']],
    ['the usual ones, where none of them is', ['ENCRYPTION'], ['AUTHENTICATION']],
  ] as const)('for a mobile ID that is replaced has %s', (_, replaced, certificates) => {
    const offer = {
      defaultCertificates: ['AUTHENTICATION'],
      selectableCertificates: ['AUTHENTICATION', 'SIGNATURE'],
      channels: ['SCREEN'],
      validityDays: 30,
      recoverableCertificates: [],
    } as const;
    expect(firstChoice(offer, 'key', had(replaced)).certificates).toEqual(certificates);
  });

  test.each([
    [730, ['3 months', '1 year', '2 years']],
    [400, ['3 months', '1 year', '400 days']],
    [30, ['30 days']],
    [1, ['1 day']],
  ])('of at most %i days is among %j', (most, labels) => {
    expect(validities(most).map(({ label }) => label)).toEqual(labels);
    expect(validities(most).at(-1)?.days).toBe(most);
  });
});

test('the encryption certificates of a mobile ID that is replaced come along, where they can', () => {
  const offer = {
    defaultCertificates: ['ENCRYPTION'],
    selectableCertificates: ['ENCRYPTION'],
    channels: ['SCREEN'],
    validityDays: 30,
    recoverableCertificates: [{ id: 'older' }, { id: 'ENCRYPTION' }],
  } as const;
  const { recoverCertificateIds } = firstChoice(
    offer,
    'key',
    had(['AUTHENTICATION', 'ENCRYPTION']),
  );
  expect(recoverCertificateIds).toEqual(['ENCRYPTION']);
  expect(firstChoice(offer, 'key').recoverCertificateIds).toEqual([]);
});

/** A mobile ID with these certificates, each known by its kind. */
function had(kinds: readonly CertificateKind[]): Replaced {
  return { certificates: kinds.map((kind) => ({ id: kind, kind })) };
}

describe('what is lost with a phone', () => {
  const channels = ['EMAIL', 'SMS', 'SCREEN'] as const;

  test.each([
    [[], ['EMAIL', 'SMS', 'SCREEN']],
    [['EMAIL'], ['SMS', 'SCREEN']],
    [['PHONE'], ['EMAIL', 'SCREEN']],
    [['PHONE', 'EMAIL'], ['SCREEN']],
  ] as const)('%j leaves the code the ways %j', (lost, left) => {
    expect(channelsLeft(channels, lost)).toEqual(left);
  });

  test('is no way for the code any more, which takes the first that is left', () => {
    expect(withLost({ channel: 'EMAIL' }, channels, ['EMAIL'])).toEqual({
      declaredLost: ['EMAIL'],
      channel: 'SMS',
    });
    expect(withLost({ channel: 'SCREEN' }, channels, ['EMAIL']).channel).toBe('SCREEN');
  });

  test('keeps an order back where no way is left', () => {
    const offer = {
      defaultCertificates: ['AUTHENTICATION'],
      selectableCertificates: ['AUTHENTICATION'],
      channels: ['EMAIL'],
      validityDays: 30,
      recoverableCertificates: [],
    } as const;
    const choice = firstChoice(offer, 'key');
    expect(isComplete(choice, offer)).toBe(true);
    expect(isComplete({ ...choice, certificates: [] }, offer)).toBe(false);
    const lost = withLost(choice, offer.channels, ['EMAIL']);
    expect(isComplete({ ...choice, ...lost }, offer)).toBe(false);
  });
});

describe('reconnecting', () => {
  test('is tried at once, then ever more rarely, but at least every 15 seconds', () => {
    expect([0, 1, 2, 3, 6, 1000].map((failures) => backOffSeconds(failures, 1))).toEqual([
      0, 0.5, 1, 2, 15, 15,
    ]);
  });

  test('is spread over half of the pause', () => {
    expect(backOffSeconds(3, 0)).toBe(1);
  });
});

test.each([
  ['0a1b2c3d4e', '0A1B 2C3D 4E'],
  ['0A:1B:2C:3D', '0A1B 2C3D'],
])('serial number %s is shown as %s', (serial, text) => {
  expect(groupSerial(serial)).toBe(text);
});
