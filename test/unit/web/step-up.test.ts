import {
  chooseStepUp,
  missingOf,
  waysToSignIn,
  type MissingRequirement,
} from '../../../src/web/portal/step-up/step-up.js';

const HERE = '/#/order/p1';
const EMAIL: MissingRequirement = {
  method: 'EMAIL_CODE',
  reason: 'ABSENT',
  option: { label: 'Code by e-mail' },
};
const PASSWORD: MissingRequirement = {
  method: 'PASSWORD',
  reason: 'STALE',
  option: { label: 'Password' },
};
const TOTP: MissingRequirement = { method: 'TOTP', reason: 'ABSENT', option: null };
const SAML: MissingRequirement = {
  method: 'SAML',
  reason: 'ABSENT',
  option: { label: 'Company sign-in', url: '/saml/company/sign-in' },
};

test('nothing missing, nothing to prove', () => {
  expect(chooseStepUp([], HERE)).toEqual({ kind: 'NOTHING' });
});

test('of the methods that would do, those that are set up are offered', () => {
  expect(chooseStepUp([{ anyOf: [EMAIL, TOTP, SAML] }], HERE)).toEqual({
    kind: 'PROVE',
    ways: [
      { kind: 'EMAIL_CODE', label: 'Code by e-mail' },
      {
        kind: 'REDIRECT',
        label: 'Company sign-in',
        url: '/saml/company/sign-in?returnTo=%2F%23%2Forder%2Fp1',
      },
    ],
    reason: 'ABSENT',
    more: 0,
  });
});

test.each([
  'PASSWORD',
  'PASSKEY',
  'EMAIL_CODE',
  'SMS_CODE',
  'TOTP',
  'CLIENT_CERTIFICATE',
  'MOBILE_ID',
])('%s is offered on the page itself', (method) => {
  const requirement = { method, reason: 'ABSENT', option: { label: 'One way' } };
  expect(chooseStepUp([{ anyOf: [requirement] }], HERE)).toMatchObject({
    ways: [{ kind: method, label: 'One way' }],
  });
});

test('a method that this page does not know is not offered', () => {
  const newer = { method: 'TELEPATHY', reason: 'ABSENT', option: { label: 'Think of it' } };
  expect(chooseStepUp([{ anyOf: [newer, EMAIL] }], HERE)).toMatchObject({
    ways: [{ kind: 'EMAIL_CODE' }],
  });
});

test('the same way, asked for by two rules, is offered once', () => {
  const fresher = { ...EMAIL, maxAgeSeconds: 60 };
  expect(chooseStepUp([{ anyOf: [EMAIL, fresher] }], HERE)).toMatchObject({
    ways: [{ kind: 'EMAIL_CODE' }],
  });
});

test('the password comes before the code that a new session would forget', () => {
  const stepUp = chooseStepUp([{ anyOf: [EMAIL] }, { anyOf: [PASSWORD] }], HERE);
  expect(stepUp).toMatchObject({ ways: [{ kind: 'PASSWORD' }], reason: 'STALE', more: 1 });
});

test('one clause that cannot be met makes the whole impossible', () => {
  expect(chooseStepUp([{ anyOf: [EMAIL] }, { anyOf: [TOTP] }], HERE)).toEqual({
    kind: 'IMPOSSIBLE',
    reason: 'ABSENT',
  });
});

describe('what is about to be changed', () => {
  test.each(['EMAIL_CODE', 'SMS_CODE', 'PASSWORD'])(
    'is not asked for again where one has just one of it: %s',
    (method) => {
      const same = { method, reason: 'SAME_CREDENTIAL', option: { label: 'The same' } };
      expect(chooseStepUp([{ anyOf: [same] }], HERE)).toMatchObject({
        kind: 'IMPOSSIBLE',
        reason: 'SAME_CREDENTIAL',
      });
    },
  );

  test.each(['TOTP', 'PASSKEY', 'MOBILE_ID', 'CLIENT_CERTIFICATE'])(
    'may be proven by another one of its kind: %s',
    (method) => {
      const same = { method, reason: 'SAME_CREDENTIAL', option: { label: 'Another' } };
      expect(chooseStepUp([{ anyOf: [EMAIL, same] }], HERE)).toMatchObject({
        kind: 'PROVE',
        ways: [{ kind: 'EMAIL_CODE' }, { kind: method }],
        reason: 'SAME_CREDENTIAL',
      });
    },
  );
});

describe('a redirect', () => {
  test.each([
    'javascript:alert(1)',
    '//elsewhere.example/',
    '/\\elsewhere.example/',
    'http://elsewhere.example/',
    null,
  ])('to %s is not offered', (url) => {
    const odd = { ...SAML, option: { label: 'Odd', url } };
    expect(chooseStepUp([{ anyOf: [odd] }], HERE).kind).toBe('IMPOSSIBLE');
  });

  test('is told how old the proof may be, as an old session there must not count as fresh', () => {
    const fresh = { ...SAML, maxAgeSeconds: 600 };
    expect(chooseStepUp([{ anyOf: [fresh] }], HERE)).toMatchObject({
      ways: [{ url: '/saml/company/sign-in?returnTo=%2F%23%2Forder%2Fp1&maxAge=600' }],
    });
  });

  test('that says already where it comes back to is left at that', () => {
    const url = '/saml/company/sign-in?returnTo=%2F%23%2Faccount';
    const own = { ...SAML, option: { label: 'Company sign-in', url } };
    expect(chooseStepUp([{ anyOf: [own] }], HERE)).toMatchObject({ ways: [{ url }] });
  });

  test('to another site is not touched', () => {
    const url = 'https://id.example.org/start';
    const own = { ...SAML, option: { label: 'Elsewhere', url } };
    expect(chooseStepUp([{ anyOf: [own] }], HERE)).toMatchObject({ ways: [{ url }] });
  });
});

test('at sign-in, what the server offers is offered in its order, and nothing that the page cannot do', () => {
  expect(
    waysToSignIn([
      { method: 'PASSWORD', label: 'User name and password', url: null },
      { method: 'TELEPATHY', label: 'Think of it', url: null },
      { method: 'SAML', label: 'Demo Corp', url: '/saml/demo/sign-in?returnTo=%2F' },
      { method: 'SAML', label: 'Odd', url: 'javascript:alert(1)' },
    ]),
  ).toEqual([
    { kind: 'PASSWORD', label: 'User name and password' },
    { kind: 'REDIRECT', label: 'Demo Corp', url: '/saml/demo/sign-in?returnTo=%2F' },
  ]);
});

test('a refusal’s extensions are read like the decision of the offer', () => {
  expect(missingOf({ resource: '/mobile-id/get', missing: [{ anyOf: [EMAIL] }] })).toEqual([
    { anyOf: [EMAIL] },
  ]);
});

test.each([{}, { missing: [] }, { missing: 'all' }, { missing: [{ anyOf: [{ method: 1 }] }] }])(
  'extensions such as %j name nothing that could be proven',
  (facts) => {
    expect(missingOf(facts)).toBeUndefined();
  },
);
