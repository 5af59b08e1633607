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
    expect(passwordProblem('x'.repeat(12), 'alva')).toBeUndefined();
    expect(passwordProblem('x'.repeat(256), 'alva')).toBeUndefined();
  });

  test.each(['', 'x'.repeat(11), 'x'.repeat(257)])('refuses other lengths', (password) => {
    expect(passwordProblem(password, 'alva')).toMatch(/characters/);
  });

  test('refuses the user name in whatever letters', () => {
    expect(passwordProblem('Alva.Lindqvist', 'alva.lindqvist')).toMatch(/user name/);
  });
});
