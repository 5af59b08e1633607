import { createClient } from 'graphql-ws/client';
import type {
  ActivatedMobileId,
  ActivateEnrolmentInput,
  ClaimEnrolmentInput,
  DeviceTask,
  StatusEvent,
} from './contract.js';
import { NO_ANSWER, ServerError } from './problem.js';

/** What a phone asks of the server. Everything fails with `ServerError`. */
export interface ServerApi {
  claimEnrolment(input: ClaimEnrolmentInput): Promise<DeviceTask>;
  activateEnrolment(input: ActivateEnrolmentInput): Promise<ActivatedMobileId>;
  acknowledgeActivation(task: DeviceTask): Promise<void>;
  cancelEnrolment(task: DeviceTask): Promise<void>;
  /** Where the enrolment stands now, then each change; ends after a final status or when aborted. */
  watchEnrolment(task: DeviceTask, signal?: AbortSignal): AsyncIterable<StatusEvent>;
}

export interface ConnectionOptions {
  /** Without a slash at the end; `/graphql` is appended. */
  readonly serverUrl: string;
  /** Node 20 has no WebSocket of its own. */
  readonly webSocketImpl?: unknown;
  readonly timeoutMs?: number;
}

const CLAIM = `mutation Claim($input: ClaimEnrolmentInput!) {
  claimEnrolment(input: $input) {
    enrolmentId deviceToken challenge keyRequests { kind origin algorithms } needsWrappingKey
    bringsEarlierKeys serverName profileName accountName confirmationCode expiresAt
  }
}`;
export const ACTIVATED_MOBILE_ID = `{
  profile {
    id name accountName serverName state validFrom validTo
    certificates { id kind status serialNumber subject issuer notBefore notAfter pem fingerprint recovered }
    assignedId { id value } registrationUrl
  }
  chain
  encryptionKeys { certificateId jwe }
}`;
const ACTIVATE = `mutation Activate($input: ActivateEnrolmentInput!) {
  activateEnrolment(input: $input) ${ACTIVATED_MOBILE_ID}
}`;
const ACKNOWLEDGE = `mutation Acknowledge($deviceToken: String!) { acknowledgeActivation(deviceToken: $deviceToken) }`;
const CANCEL = `mutation Cancel($id: ID!) { cancelEnrolment(id: $id) { id } }`;
const WATCH = `subscription Watch($id: ID!) {
  enrolmentStatus(enrolmentId: $id) { status enrolment { failure { code message } } }
}`;

const DEFAULT_TIMEOUT_MS = 30_000;
const SOCKET_RETRIES = 10;

/** The server over GraphQL: HTTP for calls, graphql-transport-ws for the status. */
export function connectToServer(options: ConnectionOptions): ServerApi {
  const call = callerOf(options);
  return {
    claimEnrolment: async (input) =>
      (await call({ query: CLAIM, field: 'claimEnrolment', variables: { input } })) as DeviceTask,
    activateEnrolment: async (input) =>
      (await call({
        query: ACTIVATE,
        field: 'activateEnrolment',
        variables: { input },
      })) as ActivatedMobileId,
    acknowledgeActivation: async ({ deviceToken }) => {
      const field = 'acknowledgeActivation';
      await call({ query: ACKNOWLEDGE, field, variables: { deviceToken } });
    },
    cancelEnrolment: async ({ enrolmentId, deviceToken }) => {
      const variables = { id: enrolmentId };
      await call({ query: CANCEL, field: 'cancelEnrolment', variables, deviceToken });
    },
    watchEnrolment: (task, signal) => watchServer(options, task, signal),
  };
}

interface Call {
  readonly query: string;
  readonly field: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly deviceToken?: string;
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}
interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphqlError[];
  /** Where the answer is a problem document (RFC 9457) that never reached GraphQL. */
  readonly code?: unknown;
}

/** Calls over HTTP. They fail with `ServerError`. */
export function callerOf({
  serverUrl,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: ConnectionOptions): (call: Call) => Promise<unknown> {
  return (call) => callServer(`${serverUrl}/graphql`, call, timeoutMs);
}

async function callServer(url: string, call: Call, timeoutMs: number): Promise<unknown> {
  const response = await send(url, call, timeoutMs);
  const answer = await readAnswer(response);
  const [error] = answer.errors ?? [];
  if (error !== undefined) throw toServerError(error, serverTimeOf(response));
  if (typeof answer.code === 'string') throw new ServerError(answer.code, 'The server refused.');
  const value = answer.data?.[call.field];
  if (value === undefined || value === null) throw noAnswer('The answer was empty.');
  return value;
}

async function send(url: string, call: Call, timeoutMs: number): Promise<Response> {
  const { query, variables, deviceToken } = call;
  try {
    return await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        ...(deviceToken === undefined ? {} : { 'x-device-token': deviceToken }),
      },
      body: JSON.stringify({ query, variables }),
      credentials: 'omit', // a phone acts by its own key and token, never by a browser session
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    throw noAnswer('The server cannot be reached.', cause);
  }
}

async function readAnswer(response: Response): Promise<GraphqlAnswer> {
  try {
    return { ...((await response.json()) as GraphqlAnswer | null) };
  } catch (cause) {
    throw noAnswer(`The server answered with HTTP ${response.status.toString()} only.`, cause);
  }
}

function toServerError(error: GraphqlError, serverTime?: Date): ServerError {
  const { code, ...facts } = error.extensions ?? {};
  const known = typeof code === 'string' ? code : 'INTERNAL';
  return new ServerError(known, error.message, facts, { serverTime });
}

function serverTimeOf(response: Response): Date | undefined {
  const time = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}

function noAnswer(message: string, cause?: unknown): ServerError {
  return new ServerError(NO_ANSWER, message, {}, { cause });
}

async function* watchServer(
  { serverUrl, webSocketImpl }: ConnectionOptions,
  { enrolmentId, deviceToken }: DeviceTask,
  signal?: AbortSignal,
): AsyncGenerator<StatusEvent> {
  if (signal?.aborted === true) return;
  const client = createClient({
    url: `${serverUrl.replace(/^http/, 'ws')}/graphql`,
    connectionParams: { deviceToken },
    webSocketImpl,
    retryAttempts: SOCKET_RETRIES,
    shouldRetry: () => signal?.aborted !== true,
  });
  const events = client.iterate({ query: WATCH, variables: { id: enrolmentId } });
  const stop = (): void => void events.return?.();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const { data, errors } of events) {
      const [error] = errors ?? [];
      if (error !== undefined) throw toServerError(error);
      yield (data as { enrolmentStatus: StatusEvent }).enrolmentStatus;
    }
  } catch (cause) {
    throw socketError(cause);
  } finally {
    signal?.removeEventListener('abort', stop);
    void client.dispose();
  }
}

const CLOSE_CODES: Readonly<Record<number, string>> = {
  4401: 'UNAUTHENTICATED',
  4403: 'FORBIDDEN',
};

/** graphql-ws throws a list of GraphQL errors, a close event or whatever the socket had to say. */
function socketError(thrown: unknown): ServerError {
  if (thrown instanceof ServerError) return thrown;
  if (Array.isArray(thrown)) return toServerError(thrown[0] as GraphqlError);
  const { code } = Object(thrown) as { code?: unknown };
  const known = typeof code === 'number' ? CLOSE_CODES[code] : undefined;
  if (known !== undefined) return new ServerError(known, 'The server closed the connection.');
  return noAnswer('The connection to the server was lost.', thrown);
}
