import { isIP } from 'node:net';
import { HOTP, Secret, TOTP } from 'otpauth';
import { isLoopbackName } from '../../../kernel/loopback.js';
import { equalSecrets } from '../../../kernel/secrets.js';

/** RFC 4226 section 4, R6: 160 bits are recommended. */
export const SECRET_BYTES = 20;
const ALGORITHM = 'SHA1'; // RFC 6238 section 1.2: the default, and the only one that every app reads
const DIGITS = 6;
const PERIOD_SECONDS = 30;
/** Steps on either side that are taken as well: clocks differ, and codes take time to be typed. RFC 6238 section 5.2. */
const WINDOW = 1;

/** The number of the time step at this instant: T of RFC 6238 section 4.2. */
export function stepAt(at: Date): number {
  return Math.floor(at.getTime() / 1000 / PERIOD_SECONDS);
}

/** What the app shows in this step. */
export function totpCode(secret: Buffer, step: number): string {
  return HOTP.generate({
    secret: secretOf(secret),
    algorithm: ALGORITHM,
    digits: DIGITS,
    counter: step,
  });
}

/** The steps around this instant whose code is the guess. All are compared, each in constant time. */
export function matchingSteps(secret: Buffer, guess: string, at: Date): number[] {
  const present = stepAt(at);
  const steps = Array.from({ length: 2 * WINDOW + 1 }, (_, i) => present - WINDOW + i);
  return steps.filter((step) =>
    equalSecrets(Buffer.from(totpCode(secret, step)), Buffer.from(guess)),
  );
}

/** What the QR code says that an app scans: an `otpauth:` URI with the secret in it. */
export function totpUri(issuer: string, account: string, secret: Buffer): string {
  const options = { algorithm: ALGORITHM, digits: DIGITS, period: PERIOD_SECONDS };
  return new TOTP({ ...options, issuer, label: account, secret: secretOf(secret) }).toString();
}

/** The secret as people type it into an app that has no camera: RFC 4648 base32. */
export function secretText(secret: Buffer): string {
  return secretOf(secret).base32;
}

/** Under what name the app lists its codes: where the server is. An address says nothing to people. */
export function issuerOf(publicUrl: string): string {
  const { hostname } = new URL(publicUrl);
  const isNamed = !isLoopbackName(hostname) && isIP(hostname) === 0 && !hostname.startsWith('[');
  return isNamed ? hostname : 'Signet';
}

function secretOf(bytes: Buffer): Secret {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer });
}
