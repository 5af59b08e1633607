import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ConfigError, type Environment } from './environment.js';
import type { DkimKey } from './platform/mail/mailer.js';

/** Null where no certificate is set. @throws ConfigError where the two are not what they should be */
export function tlsFiles({
  TLS_CERT,
  TLS_KEY,
}: Environment): { readonly cert: Buffer; readonly key: Buffer } | null {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return null;
  const tls = { cert: readSetting('TLS_CERT', TLS_CERT), key: readSetting('TLS_KEY', TLS_KEY) };
  try {
    createSecureContext(tls);
    return tls;
  } catch (cause) {
    throw new ConfigError('TLS_CERT and TLS_KEY must be a certificate and its key, both in PEM.', {
      cause,
    });
  }
}

/** PEM; null where none is set. @throws ConfigError where it holds anything but certificates of authorities */
export function clientCaFile({ CLIENT_CA }: Environment): Buffer | null {
  if (CLIENT_CA === undefined) return null;
  const pem = readSetting('CLIENT_CA', CLIENT_CA);
  const blocks = pem.toString('latin1').match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g);
  if (blocks?.every(isAuthority) !== true) {
    throw new ConfigError('CLIENT_CA must hold certificates of authorities, in PEM, and no other.');
  }
  return pem;
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}

function readSetting(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ConfigError(`${variable} names a file that cannot be read.`, { cause });
  }
}

/** PEM as it is, or the file that holds it. */
export function recoveryKeyIn({ RECOVERY_KEY }: Environment): string | null {
  if (RECOVERY_KEY === undefined) return null;
  if (RECOVERY_KEY.trimStart().startsWith('-----BEGIN ')) return RECOVERY_KEY;
  return readSetting('RECOVERY_KEY', RECOVERY_KEY).toString('utf8');
}

/** RFC 8301 section 3.2: shorter keys are taken for no signature. */
const MIN_DKIM_BITS = 1024;

/** Null where mails are not signed. @throws ConfigError where the settings do not go together, or the key is none for it */
export function dkimKey({ DKIM_DOMAIN, DKIM_SELECTOR, DKIM_KEY }: Environment): DkimKey | null {
  const given = [DKIM_DOMAIN, DKIM_SELECTOR, DKIM_KEY];
  if (given.every((setting) => setting === undefined)) return null;
  const [domainName, keySelector, path] = given;
  if (domainName === undefined || keySelector === undefined || path === undefined) {
    throw new ConfigError('DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY go together.');
  }
  const privateKey = readSetting('DKIM_KEY', path).toString('utf8');
  if (!isRsaKey(privateKey)) {
    throw new ConfigError('DKIM_KEY must be an RSA private key of 1024 bits or more, in PEM.');
  }
  return { domainName, keySelector, privateKey };
}

function isRsaKey(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem);
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return asymmetricKeyType === 'rsa' && bits >= MIN_DKIM_BITS;
  } catch {
    return false;
  }
}
