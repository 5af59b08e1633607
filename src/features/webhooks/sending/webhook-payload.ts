/** What happened, as the body of a webhook tells it: members in this order, the same bytes in each attempt. */
export interface Message {
  readonly type: string;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Standard Webhooks, "Payload structure". */
export function payloadOf({ type, at, data }: Message): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}
