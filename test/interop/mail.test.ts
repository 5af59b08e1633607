import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMailer } from '../../src/platform/mail/mailer.js';
import { parseSmtpServer } from '../../src/platform/mail/smtp-server.js';
import { runNode } from '../helpers/processes/node-child';
import { TestMailServer } from '../helpers/receivers/mail-server';
import { Openssl } from '../unit/certificates/openssl';

const MAIL = {
  to: 'alva@example.org',
  subject: 'Ihre Mobile ID für Müller & Söhne',
  text: 'Guten Tag',
  html: '<p>Guten Tag</p>',
  messageId: 'm1',
  kind: 'enrolment-invitation',
};

let folder: string;
let openssl: Openssl;
let server: TestMailServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-mail-'));
  openssl = new Openssl();
});
afterEach(async () => {
  await server.stop();
  openssl.remove();
  await rm(folder, { recursive: true });
});

/** dkimpy's verdict on a message; `record` stands in for DNS. Debian's python3-dkim. */
function verify(message: string, record: string): string {
  const program = `import sys, dkim
ok = dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda name, timeout=5: sys.argv[1].encode() if name in (b's1._domainkey.example.org.', 's1._domainkey.example.org.') else None)
print('valid' if ok else 'invalid')`;
  const { stdout, stderr, error } = spawnSync('/usr/bin/python3', ['-c', program, record], {
    input: message,
    encoding: 'utf8',
  });
  if (error) throw error;
  if (stdout === '') throw new Error(`Install python3-dkim: ${stderr}`);
  return stdout.trim();
}

test('a mail carries a DKIM signature that dkimpy accepts, and no longer once a word is changed', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const record = `v=DKIM1; k=rsa; p=${spki.toString('base64')}`;
  server = await new TestMailServer().start();
  const mailer = createMailer({
    smtp: parseSmtpServer(server.url),
    from: 'Signet <signet@example.org>',
    mailboxDir: folder,
    dkim: {
      domainName: 'example.org',
      keySelector: 's1',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  });
  await mailer.send({ ...MAIL, inlineImages: [{ cid: 'qr', png: Buffer.from('image') }] });
  await mailer.close();
  const raw = server.received[0]?.raw ?? '';
  expect(raw).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256; .*d=example\.org;/s);
  expect(verify(raw, record)).toBe('valid');
  expect(verify(raw.replace('Guten Tag', 'Guten Tug'), record)).toBe('invalid');
  expect(verify(raw.replace(/^To: .*$/m, 'To: eve@example.org'), record)).toBe('invalid');
});

test('a mail goes by STARTTLS to a server whose certificate is trusted, and the line is TLS from then on', async () => {
  openssl.print(
    ...['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ...['-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=localhost', '-days', '2'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  );
  const cert = openssl.read('cert.pem').toString();
  const trusted = join(folder, 'trusted.pem');
  await writeFile(trusted, cert);
  server = await new TestMailServer({ key: openssl.read('key.pem').toString(), cert }).start();
  const program = `
    const { createMailer } = require(${JSON.stringify(join(__dirname, '../../dist/src/platform/mail/mailer.js'))});
    const smtp = { ...JSON.parse(process.argv[1]), requireTLS: true };
    const mailer = createMailer({ smtp, from: 'signet@example.org', mailboxDir: '/nowhere' });
    mailer.send(${JSON.stringify(MAIL)}).then(() => mailer.close(), (error) => { console.log(error.message); process.exit(1); });`;
  const smtp = JSON.stringify(parseSmtpServer(server.url));
  const strange = await runNode(['-e', program, smtp], {});
  expect(strange.status).toBe(1);
  expect(server.received).toEqual([]);
  const known = await runNode(['-e', program, smtp], { NODE_EXTRA_CA_CERTS: trusted });
  expect(known).toEqual({ status: 0, output: '' });
  expect(server.received).toHaveLength(1);
  expect(server.secured).toBe(1);
});
