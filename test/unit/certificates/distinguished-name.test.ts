import { mailboxOf } from '../../../src/features/certificates/x509/distinguished-name.js';

test.each([
  ['alva@example.org', 'rfc822Name', 'alva@example.org'],
  ["o'neil+tag@mail.example.org", 'rfc822Name', "o'neil+tag@mail.example.org"],
  ['admin@localhost', 'rfc822Name', 'admin@localhost'],
  ['alva@exämple.org', 'rfc822Name', 'alva@xn--exmple-cua.org'],
  ['älva@example.org', 'smtpUtf8Mailbox', 'älva@example.org'],
  ['李@例え.jp', 'smtpUtf8Mailbox', '李@xn--r8jz45g.jp'],
])('%s stands in a certificate as %s %s', (email, form, address) => {
  expect(mailboxOf(email)).toEqual({ form, address });
});

test.each([
  undefined,
  '',
  'alva',
  '@example.org',
  'alva@',
  'a b@example.org',
  'a\0b@example.org',
  'a\u202eb@example.org',
  'alva@example.org\n',
  'a@b@example.org',
  '"a b"@example.org',
  'a,b@example.org',
  '.a@example.org',
  'a..b@example.org',
  'a.@example.org',
  'alva@-example.org',
  'alva@example..org',
  'alva@[127.0.0.1]',
  'alva@ex\0ample.org',
  'alva@exa mple.org',
  'alva@exä\nmple.org',
  'alva@exä%0ample.org',
  'alva@exä/mple.org',
  'alva@exä?mple.org',
  'alva@exä#mple.org',
  'alva@exä:80',
  'alva@exä@mple.org',
  'alva@127.0.0.1',
  'alva@１２７.1',
  'alva@2130706433',
  `${'a'.repeat(65)}@example.org`,
  `alva@${'a'.repeat(64)}.org`,
  `alva@${'abcdefgh.'.repeat(30)}org`,
  `${'ä'.repeat(33)}@example.org`,
  `alva@${'ä.'.repeat(60)}org`,
])('%j is no address a certificate should name', (email) => {
  expect(mailboxOf(email)).toBeUndefined();
});
