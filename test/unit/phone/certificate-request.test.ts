import 'reflect-metadata';
import { ChallengePasswordAttribute, Pkcs10CertificateRequest } from '@peculiar/x509';
import { spawn } from 'node:child_process';
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { makeRequest, type RequestOrder } from '../../../src/phone/certificate-request.js';
import { chooseAlgorithm, KEY_ALGORITHMS } from '../../../src/phone/keys/key-algorithm.js';
import { PHONE_PROBLEMS } from '../../../src/phone/problem.js';

const CHALLENGE = 'c2VjcmV0LWNoYWxsZW5nZQ-_';
const order = (change: Partial<RequestOrder> = {}): RequestOrder => ({
  kind: 'AUTHENTICATION',
  algorithm: 'P-256',
  commonName: 'Ålva Berg',
  challenge: CHALLENGE,
  ...change,
});

const KEY_TEXT = {
  'P-256': 'NIST CURVE: P-256',
  'P-384': 'NIST CURVE: P-384',
  'RSA-2048': 'Public-Key: (2048 bit)',
  'RSA-3072': 'Public-Key: (3072 bit)',
  'RSA-4096': 'Public-Key: (4096 bit)',
} as const;

describe.each(KEY_ALGORITHMS)('a request with a key of %s', (algorithm) => {
  test('is verified by openssl and carries challenge, name and key', async () => {
    const { csr } = await makeRequest(order({ algorithm }));
    const { status, output } = await openssl(csr);
    expect(status).toBe(0);
    expect(output).toContain('verify OK');
    expect(output).toContain(`challengePassword        :${CHALLENGE}`);
    expect(output).toContain('Subject: CN = Ålva Berg');
    expect(output).toContain(KEY_TEXT[algorithm]);
  });

  test('for encryption is verified by openssl, and its key only decrypts afterwards', async () => {
    const { csr, privateKey } = await makeRequest(order({ algorithm, kind: 'ENCRYPTION' }));
    expect((await openssl(csr)).output).toContain('verify OK');
    expect(privateKey.extractable).toBe(false);
    expect(privateKey.usages).not.toContain('sign');
    expect(privateKey.algorithm.name).toBe(algorithm.startsWith('RSA') ? 'RSA-OAEP' : 'ECDH');
  });
});

test('an independent reader finds the challenge and a good signature', async () => {
  const { csr } = await makeRequest(order({ challenge: 'Printable only 123' }));
  const read = new Pkcs10CertificateRequest(csr);
  expect(await read.verify()).toBe(true);
  expect(read.subject).toBe('CN=Ålva Berg');
  const [challenge] = read.attributes.filter((it) => it instanceof ChallengePasswordAttribute);
  expect(challenge?.password).toBe('Printable only 123');
});

test('keys for authentication and signature are never extractable', async () => {
  for (const kind of ['AUTHENTICATION', 'SIGNATURE'] as const) {
    const { privateKey } = await makeRequest(order({ kind }));
    expect(privateKey.extractable).toBe(false);
    expect(privateKey.usages).toEqual(['sign']);
  }
});

test('an RSA encryption key decrypts what was encrypted for the key in its request', async () => {
  const made = await makeRequest(order({ kind: 'ENCRYPTION', algorithm: 'RSA-2048' }));
  const publicKey = createPublicKey({
    key: Buffer.from(made.publicKey),
    format: 'der',
    type: 'spki',
  });
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const sealed = publicEncrypt(
    { key: publicKey, padding, oaepHash: 'sha256' },
    Buffer.from('letter'),
  );
  const opened = await crypto.subtle.decrypt({ name: 'RSA-OAEP' }, made.privateKey, sealed);
  expect(Buffer.from(opened).toString()).toBe('letter');
});

test('an EC encryption key agrees on the same secret as the other side', async () => {
  const made = await makeRequest(order({ kind: 'ENCRYPTION' }));
  const curve = { name: 'ECDH', namedCurve: 'P-256' };
  const other = await crypto.subtle.generateKey(curve, false, ['deriveBits']);
  const publicKey = await crypto.subtle.importKey('spki', made.publicKey, curve, true, []);
  const agree = (own: typeof publicKey, theirs: typeof publicKey): Promise<ArrayBuffer> =>
    crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, own, 256);
  const ours = Buffer.from(await agree(made.privateKey, other.publicKey));
  expect(ours).toEqual(Buffer.from(await agree(other.privateKey, publicKey)));
});

test('a name longer than 64 characters is shortened to what a common name may be', async () => {
  const { csr } = await makeRequest(order({ commonName: 'Å'.repeat(80) }));
  expect(new Pkcs10CertificateRequest(csr).subject).toBe(`CN=${'Å'.repeat(64)}`);
});

test('signatures keep their shape whatever the values of r and s are', async () => {
  // One in 128 signatures has an r or s with a leading zero byte; 300 of them meet both.
  for (let i = 0; i < 300; i += 1) {
    const { csr } = await makeRequest(order());
    expect(await new Pkcs10CertificateRequest(csr).verify()).toBe(true);
  }
});

test('the first algorithm of the server that the phone knows is taken', () => {
  expect(chooseAlgorithm(['Ed25519', 'P-384', 'P-256'])).toBe('P-384');
});

test('a wish counts where the server accepts it', () => {
  expect(chooseAlgorithm(['P-256', 'RSA-3072'], 'RSA-3072')).toBe('RSA-3072');
});

test.each([
  [['Ed25519'], undefined],
  [['P-256'], 'RSA-2048'],
] as const)('of %j, wishing %s, no algorithm can be chosen', (accepted, wish) => {
  expect(() => chooseAlgorithm(accepted, wish)).toThrow(PHONE_PROBLEMS.ALGORITHM_NOT_SUPPORTED);
});

async function openssl(csr: string): Promise<{ status: number | null; output: string }> {
  const flags = [
    'req',
    '-verify',
    '-noout',
    '-text',
    '-nameopt',
    'utf8,space_eq,sep_comma_plus_space',
  ];
  const child = spawn('openssl', flags);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.end(csr);
  return { status: await status, output: Buffer.concat(chunks).toString() };
}
