import type { Config } from '../../config.js';

/** The origin that certificates name for CRL, OCSP and authorities' certificates: plain http (RFC 5280 8). */
export function pkiUrlOf({ pkiUrl, pkiPort }: Config, publicUrl: string): string {
  if (pkiUrl !== null) return pkiUrl;
  const url = new URL(publicUrl.replace(/^https:/, 'http:'));
  if (pkiPort !== null) url.port = String(pkiPort);
  return url.origin;
}
