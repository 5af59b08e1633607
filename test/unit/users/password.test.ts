import { parseOptions } from '@node-rs/argon2';
import {
  hashPassword,
  passwordProblem,
  verifyPassword,
} from '../../../src/features/users/password.service.js';

const PASSWORD = 'correct horse battery staple';

describe('password hashes', () => {
  test('are Argon2id with 19 MiB, two passes and one lane', async () => {
    const hash = await hashPassword(PASSWORD);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('verify the password that they were made from, and no other', async () => {
    const hash = await hashPassword(PASSWORD);
    await expect(verifyPassword(hash, PASSWORD)).resolves.toBe(true);
    await expect(verifyPassword(hash, `${PASSWORD}!`)).resolves.toBe(false);
    await expect(verifyPassword(hash, '')).resolves.toBe(false);
  });

  test('differ for the same password', async () => {
    expect(await hashPassword(PASSWORD)).not.toBe(await hashPassword(PASSWORD));
  });

  test('match however the same characters were typed', async () => {
    const hash = await hashPassword('caf\u00e9 au lait, bitte');
    await expect(verifyPassword(hash, 'cafe\u0301 au lait, bitte')).resolves.toBe(true);
  });

  test('no password matches where there is none', async () => {
    await expect(verifyPassword(null, PASSWORD)).resolves.toBe(false);
    await expect(verifyPassword(null, '')).resolves.toBe(false);
  });

  test('the comparison without a hash costs as much as one with', async () => {
    jest.resetModules();
    const seen: string[] = [];
    jest.doMock('@node-rs/argon2', () => ({
      verify: (hash: string) => {
        seen.push(hash);
        return Promise.resolve(true);
      },
    }));
    const isolated = await import('../../../src/features/users/password.service.js');
    await expect(isolated.verifyPassword(null, PASSWORD)).resolves.toBe(false);
    jest.dontMock('@node-rs/argon2');
    const [stored, standIn] = [await hashPassword(PASSWORD), seen[0] ?? ''];
    expect(parseOptions(standIn)).toEqual(parseOptions(stored));
  });
});

describe('the password policy', () => {
  test('accepts 12 to 256 characters', () => {
    const long = Array.from({ length: 128 }, (_, i) => String.fromCodePoint(0x4e00 + i, 0x41)).join(
      '',
    );
    expect(passwordProblem('kvast och ho', 'alva')).toBeUndefined();
    expect(long).toHaveLength(256);
    expect(passwordProblem(long, 'alva')).toBeUndefined();
  });

  test.each(['', 'x'.repeat(11), 'x'.repeat(257)])('refuses other lengths', (password) => {
    expect(passwordProblem(password, 'alva')).toMatch(/characters/);
  });

  test.each([
    'Alva.Lindqvist',
    'alva.lindqvist1',
    '!!ALVA.LINDQVIST2026',
    '2026alva.lindqvist-2027-1234567890',
    'alva.lindqvistalva.lindqvist',
  ])('refuses the user name in whatever letters, with little around it (%s)', (password) => {
    expect(passwordProblem(password, 'alva.lindqvist')).toMatch(/user name/);
  });

  test.each([
    'qwertyuiop12',
    'Password1234',
    '123password!',
    'PASSWORDPASSWORD',
    'ｐａｓｓｗｏｒｄ2026',
    'iloveyou!!!!',
    '1q2w3e4r5t6y',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '123456789012',
    'abcdefghijkl',
    'zyxwvutsrqpo',
    '098765432109',
  ])('refuses what is guessed first (%s)', (password) => {
    expect(passwordProblem(password, 'alva')).toMatch(/guessed first/);
  });

  test.each([
    'correct horse battery staple',
    'dragonfly over the pond',
    'my password is not this one',
    'x7391048265817942947',
    'tr0ub4dor&3xyz',
    'abcdefghijkl mnopq',
    '1234567890 crocodiles',
  ])('accepts what holds a common word, and more (%s)', (password) => {
    expect(passwordProblem(password, 'alva')).toBeUndefined();
  });
});
