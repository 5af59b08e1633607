import { credentialsIn, credentialsOf } from '../../../src/edge/graphql/credentials';
import { Origins } from '../../../src/edge/http/origins';
import { SessionCookie } from '../../../src/edge/http/session-cookie';

test('a bearer token goes before a cookie', () => {
  expect(credentialsOf({ authorization: 'Bearer abc' }, 'cookie')).toEqual({
    session: { kind: 'bearer', token: 'abc' },
  });
  expect(credentialsOf({}, 'cookie')).toEqual({ session: { kind: 'cookie', token: 'cookie' } });
  expect(credentialsOf({ 'x-watch-token': 'w' }, undefined)).toEqual({ watchToken: 'w' });
  expect(credentialsOf({ 'x-device-token': 'd' }, undefined)).toEqual({ deviceToken: 'd' });
});

test.each([
  '',
  'abc',
  'Bearer',
  'Bearer ä',
  'Bearer a,b',
  'Basic abc',
  `Bearer ${'a'.repeat(2100)}`,
])('authorization "%s" is refused', (authorization) => {
  expect(() => credentialsOf({ authorization }, undefined)).toThrow('Sign in to continue.');
});

test('an authorization has room for the access token of an API client', () => {
  const token = `${'a'.repeat(60)}.${'b'.repeat(1500)}.${'c'.repeat(86)}`;
  const credentials = credentialsOf({ authorization: `Bearer ${token}` }, undefined);
  expect(credentials).toEqual({ session: { kind: 'bearer', token } });
});

test('connectionParams carry the same and the device token; what is no text is refused', () => {
  const params = { authorization: 'Bearer abc', watchToken: 'w', deviceToken: 'd', other: 1 };
  expect(credentialsIn(params, 'cookie')).toEqual({
    session: { kind: 'bearer', token: 'abc' },
    watchToken: 'w',
    deviceToken: 'd',
  });
  expect(credentialsIn({ watchToken: null }, undefined)).toEqual({});
  for (const wrong of [{ watchToken: 1 }, { deviceToken: {} }, { watchToken: 'x'.repeat(600) }]) {
    expect(() => credentialsIn(wrong, undefined)).toThrow('Sign in to continue.');
  }
});

test('our own origin is one only, but loopback has three names', () => {
  const origins = new Origins(() => 'https://id.example.org', ['https://friend.example']);
  expect(origins.kindOf(undefined)).toBe('none');
  expect(origins.kindOf('https://id.example.org')).toBe('own');
  expect(origins.kindOf('https://friend.example')).toBe('allowed');
  for (const foreign of [
    'null',
    'http://id.example.org',
    'https://id.example.org:8443',
    'https://x.id.example.org',
    'https://id.example.org.evil.example',
    'https://localhost',
  ]) {
    expect(origins.kindOf(foreign)).toBe('foreign');
  }
  const local = new Origins(() => 'http://localhost:4000', []);
  for (const name of ['localhost', '127.0.0.1', '[::1]']) {
    expect(local.kindOf(`http://${name}:4000`)).toBe('own');
    expect(local.kindOf(`http://${name}:4001`)).toBe('foreign');
  }
});

test('the cookie is read under the name that fits the address, and no other', () => {
  const secure = new SessionCookie(() => 'https://id.example.org');
  expect(secure.read('a=1; __Host-signet=t; signet=u')).toBe('t');
  expect(secure.read('signet=u')).toBeUndefined();
  const local = new SessionCookie(() => 'http://localhost:4000');
  expect(local.read('signet=u')).toBe('u');
  expect(local.read('signet=')).toBeUndefined();
  expect(local.read(undefined)).toBeUndefined();
});
