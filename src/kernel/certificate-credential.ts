/** A certificate as the credential of evidence: the SHA-256 on record in lower case hexadecimal, without colons. */
export function credentialOf(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
