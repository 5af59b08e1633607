import { proofsText } from '../../../src/web/portal/account/method-text.js';
import { phaseOf, phaseText } from '../../../src/web/portal/methods/mobile-id-phase.js';
import { signInProblemText } from '../../../src/web/portal/sign-in/sign-in-problem.js';
import { impossibleText, stepUpText } from '../../../src/web/portal/step-up/step-up-text.js';
import { deviceText, isPhone } from '../../../src/phone/device-text.js';

const SAFARI_IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1';
const CHROME_ANDROID =
  'Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36';
const EDGE_WINDOWS =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0';
const FIREFOX_LINUX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const SAFARI_MAC =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15';

describe('the device of a session', () => {
  test.each([
    [SAFARI_IPHONE, 'Safari on iPhone'],
    [CHROME_ANDROID, 'Chrome on Android'],
    [EDGE_WINDOWS, 'Edge on Windows'],
    [FIREFOX_LINUX, 'Firefox on Linux'],
    [SAFARI_MAC, 'Safari on Mac'],
    ['curl/8.5.0', 'curl'],
    ['', 'Unknown device'],
    [null, 'Unknown device'],
    ['x'.repeat(500), 'x'.repeat(40)],
  ])('%j reads as %s', (userAgent, text) => {
    expect(deviceText(userAgent)).toBe(text);
  });

  test('is a phone or not', () => {
    const all = [SAFARI_IPHONE, CHROME_ANDROID, EDGE_WINDOWS, FIREFOX_LINUX, null];
    expect(all.map(isPhone)).toEqual([true, true, false, false, false]);
  });
});

test('what was proven reads as one phrase, each method once', () => {
  const proofs = [
    { method: 'PASSWORD', provider: null },
    { method: 'SAML', provider: 'demo-corp' },
    { method: 'TOTP', provider: null },
    { method: 'TOTP', provider: null },
  ] as const;
  expect(proofsText(proofs)).toBe('Password, company sign-in (demo-corp) and authenticator app');
  expect(proofsText([])).toBe('');
});

describe('a sign-in elsewhere that came to nothing', () => {
  const general = signInProblemText('SOMETHING_NEWER');

  test.each([
    'FORBIDDEN',
    'RATE_LIMITED',
    'SAML_EXPIRED',
    'SAML_LINK_FIRST',
    'SAML_LINK_UNPROVEN',
    'SAML_NO_ACCOUNT',
    'SAML_NOT_FRESH',
    'SAML_OTHER_USER',
    'SAML_PROVIDER_REFUSED',
    'SAML_REFUSED',
    'USER_NOT_ACTIVE',
  ])('has a sentence of its own for %s', (code) => {
    expect(signInProblemText(code)).not.toBe(general);
  });

  test.each(['', 'toString', '__proto__', '<script>alert(1)</script>', 'Call +46 70 1234567'])(
    'shows nothing of a forged code: %j',
    (code) => {
      expect(signInProblemText(code)).toBe(general);
    },
  );
});

describe('a proof by mobile ID', () => {
  test.each([
    ['WAITING', 30, false, 'WAITING'],
    ['WAITING', 0, false, 'EXPIRED'],
    ['ANSWERED', 0, false, 'SIGNED'],
    ['USED', 0, false, 'SIGNED'],
    ['REJECTED', 30, false, 'REJECTED'],
    ['EXPIRED', 30, false, 'EXPIRED'],
    ['ANSWERED', 30, true, 'REFUSED'],
    ['WAITING', 30, true, 'REFUSED'],
  ] as const)(
    '%s with %i s left, refused: %s, is shown as %s',
    (state, secondsLeft, refused, phase) => {
      expect(phaseOf({ state, secondsLeft, refused })).toBe(phase);
    },
  );

  test('names the phone that answered', () => {
    expect(phaseText('SIGNED', 'Alva’s phone')).toContain('Alva’s phone');
  });
});

describe('why a further proof is asked for', () => {
  const prove = { kind: 'PROVE', ways: [], more: 0 } as const;
  const circumstances = { purpose: 'to order', given: 0, isPasswordAlone: true };

  test.each([
    ['ABSENT', {}, 'Your password alone is not enough to order.'],
    ['ABSENT', { isPasswordAlone: false }, 'What you have proven so far is not enough to order.'],
    ['ABSENT', { given: 1 }, 'One more proof is needed to order.'],
    ['STALE', {}, 'Your last proof is too long ago to order.'],
  ] as const)('%s, %j', (reason, changed, text) => {
    expect(stepUpText({ ...prove, reason }, { ...circumstances, ...changed })).toBe(text);
  });

  test('is said where the proof is of the very thing that is to go', () => {
    expect(stepUpText({ ...prove, reason: 'SAME_CREDENTIAL' }, circumstances)).toContain(
      'What you are about to change cannot prove who you are',
    );
    expect(impossibleText({ kind: 'IMPOSSIBLE', reason: 'SAME_CREDENTIAL' }, 'to order')).toContain(
      'Set up another way first',
    );
  });

  test('says how many proofs are still to come', () => {
    expect(stepUpText({ ...prove, reason: 'ABSENT', more: 1 }, circumstances)).toContain(
      '2 proofs are needed',
    );
  });
});
