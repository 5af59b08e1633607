import { BrowserCookie } from '../../../src/edge/http/saml/browser-cookie';

const TOKEN = 'a'.repeat(43);
const secure = new BrowserCookie(() => 'https://id.example.org', 300);
const local = new BrowserCookie(() => 'http://localhost:4000', 300);

test('over https it survives the post of another site', () => {
  expect(secure.write(TOKEN).split('; ').sort()).toEqual(
    [
      `__Host-signet-saml=${TOKEN}`,
      'HttpOnly',
      'Max-Age=300',
      'Path=/',
      'SameSite=None',
      'Secure',
    ].sort(),
  );
});

test('over plain http it is for the same machine', () => {
  expect(local.write(TOKEN)).toBe(
    `signet-saml=${TOKEN}; Max-Age=300; Path=/; HttpOnly; SameSite=Lax`,
  );
});

test.each([
  [`__Host-signet-saml=${TOKEN}`, TOKEN],
  [`a=b; __Host-signet-saml=${TOKEN}`, TOKEN],
  [`signet-saml=${TOKEN}`, null],
  ['__Host-signet-saml=short', null],
  [`__Host-signet-saml=${TOKEN}%00`, null],
  ['', null],
  [undefined, null],
])('of %j it reads %j', (header, token) => {
  expect(secure.read(header)).toBe(token);
});
