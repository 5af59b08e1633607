import {
  chooseStepUp,
  missingOf,
  type MissingRequirement,
} from '../../../src/web/portal/step-up.js';

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
  option: { label: 'Company sign-in', url: '/saml/company' },
};

test('nothing missing, nothing to prove', () => {
  expect(chooseStepUp([])).toEqual({ kind: 'NOTHING' });
});

test('of the methods that would do, those that are set up are offered', () => {
  expect(chooseStepUp([{ anyOf: [EMAIL, TOTP, SAML] }])).toEqual({
    kind: 'PROVE',
    ways: [
      { kind: 'EMAIL_CODE', label: 'Code by e-mail' },
      { kind: 'REDIRECT', label: 'Company sign-in', url: '/saml/company' },
    ],
    stale: false,
    more: 0,
  });
});

test('the password comes before the code that a new session would forget', () => {
  const stepUp = chooseStepUp([{ anyOf: [EMAIL] }, { anyOf: [PASSWORD] }]);
  expect(stepUp).toMatchObject({ ways: [{ kind: 'PASSWORD' }], stale: true, more: 1 });
});

test('one clause that cannot be met makes the whole impossible', () => {
  expect(chooseStepUp([{ anyOf: [EMAIL] }, { anyOf: [TOTP] }])).toEqual({
    kind: 'IMPOSSIBLE',
    methods: ['TOTP'],
  });
});

test.each(['javascript:alert(1)', '//elsewhere.example/', 'http://elsewhere.example/', null])(
  'a redirect to %s is not offered',
  (url) => {
    const odd = { ...SAML, option: { label: 'Odd', url } };
    expect(chooseStepUp([{ anyOf: [odd] }]).kind).toBe('IMPOSSIBLE');
  },
);

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
