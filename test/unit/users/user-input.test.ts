import { DomainError } from '../../../src/kernel/errors.js';
import { usernameKey, type NewUser } from '../../../src/features/users/user.js';
import { readNewUser, readUserChanges } from '../../../src/features/users/user-input.js';

const ALVA: NewUser = { username: 'alva', displayName: 'Alva Lindqvist' };

function refusalOf(read: () => unknown): DomainError {
  try {
    read();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

function refusedFields(read: () => unknown): string[] {
  const refusal = refusalOf(read);
  expect(refusal.code).toBe('INVALID_INPUT');
  return (refusal.facts['fields'] as { field: string }[]).map(({ field }) => field);
}

describe('a new user', () => {
  test('is active and without groups unless the input says otherwise', () => {
    expect(readNewUser(ALVA)).toEqual({
      externalId: null,
      username: 'alva',
      displayName: 'Alva Lindqvist',
      email: null,
      phone: null,
      password: null,
      groups: [],
      state: 'ACTIVE',
    });
  });

  test('has a tidy name and each group once', () => {
    const user = readNewUser({ ...ALVA, displayName: '  Ame\u0301lie ', groups: ['a', ' a', 'b'] });
    expect(user.displayName).toBe('Am\u00e9lie');
    expect(user.groups).toEqual(['a', 'b']);
  });

  test('cannot be locked from the start', () => {
    expect(refusedFields(() => readNewUser({ ...ALVA, state: 'LOCKED' }))).toEqual(['input.state']);
  });

  test.each([
    'alva',
    'Alva.Lindqvist@example.com',
    'étienne',
    '李小龍',
    'мария',
    'x'.repeat(64),
    '😀',
  ])('may be called %s', (username) => {
    expect(() => readNewUser({ ...ALVA, username })).not.toThrow();
  });

  test.each([
    ['nothing', ''],
    ['a space', 'al va'],
    ['a no-break space', 'al\u00a0va'],
    ['65 characters', 'x'.repeat(65)],
    ['a line break', 'alva\n'],
    ['NUL', 'al\0va'],
    ['a bidirectional override', '\u202eavla'],
    ['a zero-width space', 'al\u200bva'],
    ['a zero-width joiner', 'al\u200dva'],
    ['a soft hyphen', 'al\u00adva'],
    ['a Hangul filler', 'al\u3164va'],
    ['a lone surrogate', 'al\ud800va'],
  ])('may not have %s in the user name', (_, username) => {
    expect(refusedFields(() => readNewUser({ ...ALVA, username }))).toEqual(['input.username']);
  });

  test.each([
    'alva@example.com',
    'admin@localhost',
    'alva+tag@sub.example.com',
    'jörg@müller.example',
    '用户@例子.广告',
    "o'neil@example.com",
  ])('may have the address %s', (email) => {
    expect(() => readNewUser({ ...ALVA, email })).not.toThrow();
  });

  test.each([
    ['nothing', ''],
    ['no @', 'alva'],
    ['two @', 'a@b@example.com'],
    ['a header injection', 'alva@example.com\r\nBcc: all@example.com'],
    ['a line break at the end', 'alva@example.com\n'],
    ['a list', 'alva@example.com,bo@example.com'],
    ['a display name', 'Alva <alva@example.com>'],
    ['a space', 'al va@example.com'],
    ['no local part', '@example.com'],
    ['no domain', 'alva@'],
    ['a dot at the end', 'alva@example.com.'],
    ['two dots', 'alva@example..com'],
    ['an option for a mail program', 'alva@-oQ.example'],
    ['255 bytes', `${'ä'.repeat(122)}@example.com`],
    ['a control character', 'al\u0007va@example.com'],
    ['a bidirectional override', 'alva\u202e@example.com'],
    ['NUL', 'alva@example.com\0'],
  ])('may not have an address with %s', (_, email) => {
    expect(refusedFields(() => readNewUser({ ...ALVA, email }))).toEqual(['input.email']);
  });

  test.each(['0441234567', '+0441234567', '+41 44 123 45 67', '+4144', '+1234567890123456', ''])(
    'may not have the telephone number "%s"',
    (phone) => {
      expect(refusedFields(() => readNewUser({ ...ALVA, phone }))).toEqual(['input.phone']);
    },
  );

  test('may have a telephone number in E.164 format', () => {
    expect(readNewUser({ ...ALVA, phone: '+41441234567' }).phone).toBe('+41441234567');
  });

  test('learns of everything that is wrong at once, and no value comes back', () => {
    const wrong: NewUser = {
      externalId: 'x'.repeat(129),
      username: '',
      displayName: ' ',
      email: 'SECRET',
      phone: 'SECRET',
      password: 'SECRET',
      groups: ['x'.repeat(65)],
    };
    expect(refusedFields(() => readNewUser(wrong)).sort()).toEqual([
      'input.displayName',
      'input.email',
      'input.externalId',
      'input.groups',
      'input.password',
      'input.phone',
      'input.username',
    ]);
  });

  test('that is refused does not come back in the refusal', () => {
    const refusal = refusalOf(() => readNewUser({ ...ALVA, email: 'SECRET', password: 'SECRET' }));
    expect(JSON.stringify(refusal.facts)).toContain('input.password');
    expect(JSON.stringify(refusal.facts)).not.toContain('SECRET');
    expect(refusal.message).not.toContain('SECRET');
  });

  test('has at most 100 groups, none of them empty', () => {
    const groups = Array.from({ length: 101 }, (_, i) => `group ${String(i)}`);
    expect(refusedFields(() => readNewUser({ ...ALVA, groups }))).toEqual(['input.groups']);
    expect(refusedFields(() => readNewUser({ ...ALVA, groups: [''] }))).toEqual(['input.groups']);
    expect(readNewUser({ ...ALVA, groups: groups.slice(1) }).groups).toHaveLength(100);
  });
});

describe('changes of a user', () => {
  const present = readNewUser({
    ...ALVA,
    email: 'alva@example.com',
    phone: '+41441234567',
    groups: ['a'],
  });
  const { displayName, email, phone, groups } = present;

  test('leave alone what they do not name', () => {
    expect(readUserChanges(present, {})).toEqual({ displayName, email, phone, groups });
  });

  test('clear by null what may be empty', () => {
    expect(readUserChanges(present, { email: null, phone: null, groups: null })).toEqual({
      displayName,
      email: null,
      phone: null,
      groups: [],
    });
  });

  test('cannot clear the display name', () => {
    expect(refusedFields(() => readUserChanges(present, { displayName: null }))).toEqual([
      'input.displayName',
    ]);
  });
});

describe('user names', () => {
  test.each([
    ['Alva', 'alva'],
    ['ＡＬＶＡ', 'alva'],
    ['E\u0301mile', '\u00e9mile'],
    ['ﬁn', 'fin'],
  ])('%s and %s are one', (one, other) => {
    expect(usernameKey(one)).toBe(usernameKey(other));
  });

  test('of different letters are two', () => {
    expect(usernameKey('alva')).not.toBe(usernameKey('a1va'));
  });
});
