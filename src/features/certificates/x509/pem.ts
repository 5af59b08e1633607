/** RFC 7468 2 */
const LINE = 64;

/** PEM (RFC 7468) of what is there in DER. */
export function pemOf(
  der: Buffer,
  label: 'CERTIFICATE' | 'CERTIFICATE REQUEST' = 'CERTIFICATE',
): string {
  const base64 = der.toString('base64');
  let lines = '';
  for (let start = 0; start < base64.length; start += LINE) {
    lines += `${base64.slice(start, start + LINE)}\n`;
  }
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}
