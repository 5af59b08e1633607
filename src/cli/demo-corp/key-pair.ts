import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyUsageFlags, KeyUsagesExtension, X509CertificateGenerator } from '@peculiar/x509';
import { DAY_MS } from '../../kernel/durations.js';
import type { Clock } from '../../kernel/clock.js';
import { hasCode } from '../../platform/system-errors.js';

const VALID_DAYS = 3650;
const RSA: RsaHashedKeyGenParams = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
};

/** What Demo Corp signs with, both in PEM. */
export interface KeyPair {
  readonly key: string;
  readonly certificate: string;
}

/** Those of the first start on this folder, made there and then. Whoever trusts the certificate still does after a restart. */
export async function keptKeyPair(folder: string, clock: Clock): Promise<KeyPair> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'signing-key.json');
  const kept = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (kept !== undefined) return JSON.parse(kept) as KeyPair;
  const made = await makeKeyPair(clock.now());
  await writeFile(path, `${JSON.stringify(made)}\n`, { mode: 0o600 });
  return made;
}

async function makeKeyPair(now: Date): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: ['Demo Corp'] }],
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    signingAlgorithm: RSA,
    keys,
    extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { key: pemOf('PRIVATE KEY', key), certificate: certificate.toString('pem') };
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
