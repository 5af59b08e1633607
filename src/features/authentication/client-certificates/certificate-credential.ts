/** A certificate as the credential of evidence: its SHA-256 in lower case hexadecimal, without colons. */
export function credentialOf(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
