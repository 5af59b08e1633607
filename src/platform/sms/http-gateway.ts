import type { FailureKind } from '../delivery/delivery-error.js';
import { SmsError, type SmsGateway, type TextMessage } from './sms-gateway.js';

/** What takes messages as HTTP calls. */
export interface HttpRoute {
  readonly kind: 'HTTP';
  readonly url: string;
  /** Value of the Authorization header. Null: the gateway knows the server in another way. */
  readonly authorization: string | null;
}

const TIMEOUT_MS = 10_000;
/** What is wrong with this message: another one would be taken. Everything else is the gateway's own trouble. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);
/** The same message is being worked on: draft-ietf-httpapi-idempotency-key-header section 2.7. */
const STILL_AT_WORK = 409;

export function httpGateway(route: HttpRoute): SmsGateway {
  return {
    name: new URL(route.url).host,
    send: async (message) => {
      await post(route, message);
      return null;
    },
    listen: () => undefined,
    close: () => Promise.resolve(),
  };
}

async function post({ url, authorization }: HttpRoute, message: TextMessage): Promise<void> {
  const { to, text, messageId } = message;
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': `"${messageId}"`, // a structured string: draft-ietf-httpapi-idempotency-key-header section 2.1
      ...(authorization === null ? {} : { authorization }),
    },
    body: JSON.stringify({ to, text }),
    redirect: 'error', // neither the message nor the secret goes where the operator did not send it
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new SmsError(`The SMS gateway cannot be reached (${reasonOf(error)}).`, 'UNREACHABLE');
  });
  await response.body?.cancel().catch(() => undefined);
  if (response.ok) return;
  throw new SmsError(
    `The SMS gateway did not take the message (${String(response.status)}).`,
    kindOf(response.status),
  );
}

function kindOf(status: number): FailureKind {
  if (REFUSALS.has(status)) return 'REFUSED';
  return status === STILL_AT_WORK ? 'TEMPORARY' : 'UNREACHABLE';
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  if (typeof cause?.code === 'string') return cause.code;
  return typeof name === 'string' ? name : 'no answer';
}
