import { parseSmtpServer } from '../../../../src/platform/mail/smtp-server.js';

test.each([
  [
    'smtp://user:p%40ss@mail.example.org:587',
    {
      host: 'mail.example.org',
      port: 587,
      secure: false,
      requireTLS: true,
      auth: { user: 'user', pass: 'p@ss' },
    },
  ],
  [
    'smtps://mail.example.org',
    { host: 'mail.example.org', port: 465, secure: true, requireTLS: false, auth: null },
  ],
  ['smtp://10.0.0.5', { host: '10.0.0.5', port: 587, secure: false, requireTLS: true, auth: null }],
  ['smtp://[::1]:1025/', { host: '::1', port: 1025, secure: false, requireTLS: false, auth: null }],
  [
    'smtp://localhost:1025',
    { host: 'localhost', port: 1025, secure: false, requireTLS: false, auth: null },
  ],
])('%s is read, and TLS is required off this machine', (text, server) => {
  expect(parseSmtpServer(text)).toEqual(server);
});

test.each([
  'mail.example.org',
  'http://mail.example.org',
  'smtp://',
  'smtp://mail.example.org/path',
  'smtp://mail.example.org?requireTLS=false',
  'smtp://mail.example.org?tls.rejectUnauthorized=false',
  'smtp://mail.example.org#x',
  'smtp://100%:secret@mail.example.org',
])('%s is refused, and not repeated', (text) => {
  expect(() => parseSmtpServer(text)).toThrow(TypeError);
  expect(() => parseSmtpServer(text)).not.toThrow(/secret|example/);
});
