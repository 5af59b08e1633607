import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { DAY_MS } from '../../kernel/durations.js';
import type { Clock } from '../../kernel/clock.js';
import { DemoProblem } from './problem.js';

const VALID_DAYS = 30;
/** Before the addresses of bridges and tunnels, which no phone reaches. */
const USUAL_INTERFACE = /^(?:en|eth|wl|wifi)/i;
const VIRTUAL_INTERFACE = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|utun|wg|zt)/i;

/** This machine's IPv4 address in the local network. @throws Error where it has none */
export function lanAddress(): string {
  const candidates = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => ({ address, rank: rankOf(name) })),
  );
  const [best] = candidates.sort((a, b) => a.rank - b.rank);
  if (best === undefined) {
    throw new DemoProblem('This machine has no address in a local network, which --lan needs.');
  }
  return best.address;
}

function rankOf(name: string): number {
  if (USUAL_INTERFACE.test(name)) return 0;
  return VIRTUAL_INTERFACE.test(name) ? 2 : 1;
}

export interface LanCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly pem: string;
  /** SHA-256, as browsers show it. */
  readonly fingerprint: string;
}

/**
 * A self-signed TLS certificate for this address and `localhost`, and its key, which only this user can read. Kept as long
 * as it fits: a phone that was told to trust it need not be told again.
 */
export async function lanCertificate(
  dataDir: string,
  address: string,
  clock: Clock,
): Promise<LanCertificate> {
  const certFile = join(dataDir, 'lan-cert.pem');
  const keyFile = join(dataDir, 'lan-key.pem');
  const kept = await readFile(certFile, 'utf8').catch(() => '');
  const pem = fits(kept, address, clock.now())
    ? kept
    : await makeCertificate({ certFile, keyFile }, address, clock.now());
  return { certFile, keyFile, pem, fingerprint: new X509Certificate(pem).fingerprint256 };
}

function fits(pem: string, address: string, now: Date): boolean {
  if (!pem.startsWith('-----BEGIN CERTIFICATE-----')) return false;
  const certificate = new X509Certificate(pem);
  const leftMs = Date.parse(certificate.validTo) - now.getTime();
  return certificate.checkIP(address) !== undefined && leftMs > DAY_MS;
}

async function makeCertificate(
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
  address: string,
  now: Date,
): Promise<string> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const pem = await selfSign(keys, address, now);
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  await write(keyFile, pemOf('PRIVATE KEY', Buffer.from(key)), 0o600);
  await write(certFile, pem, 0o644);
  return pem;
}

async function selfSign(keys: CryptoKeyPair, address: string, now: Date): Promise<string> {
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: ['Signet demo'] }],
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    keys,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'ip', value: address },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
    ],
  });
  return `${certificate.toString('pem').trimEnd()}\n`;
}

function pemOf(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

async function write(path: string, text: string, mode: number): Promise<void> {
  const unfinished = `${path}.tmp`;
  const file = await open(unfinished, 'w', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}
