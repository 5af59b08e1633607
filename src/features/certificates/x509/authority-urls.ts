/** Where the revocation list of an authority is found (RFC 5280 4.2.1.13). */
export function crlUrlOf(pkiUrl: string, authorityId: string): string {
  return `${pkiUrl}/pki/${authorityId}.crl`;
}

/** Where the certificate of an authority is found (RFC 5280 4.2.2.1, id-ad-caIssuers). */
export function certificateUrlOf(pkiUrl: string, authorityId: string): string {
  return `${pkiUrl}/pki/${authorityId}.cer`;
}

/** Where the responder answers, for all authorities (RFC 6960 3.1). */
export function ocspUrlOf(pkiUrl: string): string {
  return `${pkiUrl}/pki/ocsp`;
}
