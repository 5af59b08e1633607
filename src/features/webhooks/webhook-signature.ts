import { createHmac } from 'node:crypto';

/** What is signed: the message, as it goes over the wire, and when. */
export interface SignedMessage {
  readonly id: string;
  readonly at: Date;
  readonly body: string;
}

const PREFIX = 'whsec_';
const VERSION = 'v1';

/** How a secret is told (Standard Webhooks, "Signature scheme"): with its kind before it, base64. */
export function tellSecret(key: Buffer): string {
  return `${PREFIX}${key.toString('base64')}`;
}

/** The three headers of Standard Webhooks, with one signature by each key, so that receivers may know either while keys change. */
export function signatureHeaders(
  { id, at, body }: SignedMessage,
  keys: readonly Buffer[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = keys.map((key) => {
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return `${VERSION},${mac}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
