import PostalMime, { type Email } from 'postal-mime';

export interface DeliveryReport {
  /** Where the report was sent to, as far as its headers tell. */
  readonly recipients: readonly string[];
  /** The enhanced status code of a delivery that failed for good (RFC 3463), such as 5.1.1; null where none did. */
  readonly failure: string | null;
}

/** Where mail servers note the address of the envelope, and where the sender of the report put it. */
const RECIPIENT_HEADERS: ReadonlySet<string> = new Set([
  'delivered-to',
  'envelope-to',
  'to',
  'x-envelope-to',
  'x-original-to',
]);
const STATUS_PART = 'message/delivery-status';
/** RFC 3464 section 2.3.4. */
const PERMANENT = /^5\.\d{1,3}\.\d{1,3}$/;

/** Reads a delivery status notification (RFC 3464). Any other mail tells of no failure. */
export async function readDeliveryReport(raw: Buffer): Promise<DeliveryReport> {
  const email = await parse(raw);
  if (email === null) return { recipients: [], failure: null };
  return { recipients: recipientsOf(email), failure: failureIn(email) };
}

/** Null where its parts are nested too deep or its headers too long: to try again would be no use. */
async function parse(raw: Buffer): Promise<Email | null> {
  try {
    return await PostalMime.parse(raw);
  } catch {
    return null;
  }
}

function recipientsOf({ headers }: Email): string[] {
  return headers
    .filter(({ key }) => RECIPIENT_HEADERS.has(key.toLowerCase()))
    .map(({ value }) => value);
}

function failureIn({ attachments }: Email): string | null {
  const parts = attachments.filter(({ mimeType }) => mimeType.toLowerCase() === STATUS_PART);
  const statuses = parts.flatMap(({ content }) => failuresIn(textOf(content)));
  return statuses[0] ?? null;
}

/** RFC 3464 section 2.1: groups of fields, one for the message and one for each recipient, divided by empty lines. */
function failuresIn(report: string): string[] {
  const groups = report
    .replace(/\r\n/g, '\n')
    .replace(/\n[ \t]+/g, ' ')
    .split(/\n\s*\n/);
  return groups.flatMap((group) => {
    const action = fieldOf(group, 'action')?.toLowerCase();
    const status = fieldOf(group, 'status')?.split(/\s/)[0] ?? '';
    return action === 'failed' && PERMANENT.test(status) ? [status] : [];
  });
}

function fieldOf(group: string, name: string): string | undefined {
  const line = group.split('\n').find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

function textOf(content: ArrayBuffer | Uint8Array | string): string {
  if (typeof content === 'string') return content;
  return Buffer.from(content as Uint8Array).toString('latin1');
}
