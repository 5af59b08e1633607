import {
  appLinksProblem,
  registrationUrlProblem,
} from '../../../src/features/projects/settings/link-checks.js';
import { registrationUrlOf } from '../../../src/features/projects/settings/registration-url.js';

const link = (url: string, label = 'App'): { label: string; url: string } => ({ label, url });

test.each([
  'https://apps.example.org/signet',
  'https://apps.example.org:8443/a?b=c#d',
  'http://localhost:4000/app',
  'http://127.0.0.1/app',
])('an app may be found at %s', (url) => {
  expect(appLinksProblem([link(url)])).toBeUndefined();
});

test.each([
  ['', 'nothing'],
  ['javascript:alert(1)', 'a script'],
  ['data:text/html,hello', 'data'],
  ['file:///etc/passwd', 'a file'],
  ['http://apps.example.org/', 'plain http'],
  ['https://user:secret@apps.example.org/', 'a password'],
  ['https://user@apps.example.org/', 'a user name'],
  ['https:apps.example.org', 'no host'],
  ['https://', 'a host that is missing'],
  ['//apps.example.org', 'no scheme'],
  ['https://apps.example.org/a b', 'a blank'],
  ['https://apps.example.org/\n', 'a line break'],
  [' https://apps.example.org/', 'a blank in front'],
  ['market://details?id=x', 'another scheme'],
  ['https:///apps.example.org/', 'a slash too many'],
  ['https://\\apps.example.org/', 'a backslash'],
  ['https://apps.example.org/\u0000', 'a NUL, which no database keeps'],
  ['https://apps.example.org/\ud800', 'half a character'],
  ['https://apps.example.org/\u202Egro', 'what turns the text around it'],
  [`https://apps.example.org/${'a'.repeat(200)}`, 'too many characters'],
])('an app is not found at %p: %s', (url) => {
  expect(appLinksProblem([link(url)])).toBeDefined();
});

test('a label is needed, and not too long', () => {
  expect(appLinksProblem([link('https://a.example', '')])).toBeDefined();
  expect(appLinksProblem([link('https://a.example', 'a'.repeat(61))])).toBeDefined();
});

test('six links fit on the sheet, seven do not', () => {
  const links = Array.from({ length: 7 }, (_, i) => link(`https://a.example/${String(i)}`));
  expect(appLinksProblem(links.slice(1))).toBeUndefined();
  expect(appLinksProblem(links)).toBeDefined();
});

test.each([
  'https://host.example/register?id={assignedId}#{registrationToken}',
  'https://host.example/register',
  'https://host.example/{projectName}/{assignedId}',
  'http://localhost:3000/#{assignedId}.{registrationToken}',
])('IDs may be registered at %s', (template) => {
  expect(registrationUrlProblem(template)).toBeUndefined();
});

test.each([
  ['https://{assignedId}.example/', 'the ID chooses the site'],
  ['https://{assignedId}', 'the ID is the site'],
  ['{projectName}://host.example/', 'the name chooses the scheme'],
  ['https:///{assignedId}.example/', 'the ID chooses the site behind a third slash'],
  ['https:///{registrationToken}.host.example/', 'the token is told to name servers'],
  ['https://\\/{assignedId}.example/', 'the ID chooses the site behind a backslash'],
  ['https://host.example/{assignedId}\u0000', 'a NUL, which no database keeps'],
  ['https://host.example/{email}', 'a placeholder that is unknown'],
  ['http://host.example/{assignedId}', 'plain http'],
  ['javascript:{assignedId}', 'a script'],
  ['https://u:p@host.example/{assignedId}', 'a password'],
  [`https://host.example/${'a'.repeat(500)}`, 'too many characters'],
])('IDs are not registered at %p: %s', (template) => {
  expect(registrationUrlProblem(template)).toBeDefined();
});

test('what is filled in stays what it is', () => {
  const url = registrationUrlOf(
    'https://host.example/r?id={assignedId}&p={projectName}#{registrationToken}',
    {
      assignedId: 'A/1 &x=?#',
      registrationToken: 'tok-en_1',
      projectName: '{assignedId} Ö',
    },
  );
  const parsed = new URL(url);
  expect(parsed.origin).toBe('https://host.example');
  expect(parsed.searchParams.get('id')).toBe('A/1 &x=?#');
  expect(parsed.searchParams.get('p')).toBe('{assignedId} Ö');
  expect(parsed.hash).toBe('#tok-en_1');
});
