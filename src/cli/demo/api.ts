import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';

const TIMEOUT_MS = 30_000;

/** A refusal of the public API. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: string,
    message: string,
    readonly facts: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}

export interface StatusEvent {
  readonly status: string;
  readonly at: string;
  readonly enrolment: {
    readonly createdAt: string;
    readonly device: { readonly name: string } | null;
    readonly failure: { readonly message: string } | null;
  };
}

interface GraphqlError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}
interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlError[];
}

const WATCH = `subscription ($id: ID!) {
  enrolmentStatus(enrolmentId: $id) {
    status at enrolment { createdAt device { name } failure { message } }
  }
}`;

/** The server as any client sees it: GraphQL over HTTP and graphql-transport-ws, JSON over GET. */
export class PublicApi {
  constructor(
    private readonly url: string,
    /** PEM of the certificate to trust; null over plain http. */
    private readonly trusted: string | null,
  ) {}

  /** @throws Refusal */
  async call<Data>(
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
    token?: string,
  ): Promise<Data> {
    const text = await this.send('/graphql', {
      body: JSON.stringify({ query, variables }),
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const { data, errors } = JSON.parse(text) as GraphqlAnswer;
    const [error] = errors ?? [];
    if (error !== undefined) throw refusalOf(error);
    return data as Data;
  }

  async getJson(path: string): Promise<unknown> {
    return JSON.parse(await this.send(path)) as unknown;
  }

  /** Where the enrolment stands, then each change; ends after a final status, or when aborted. */
  async *watch(id: string, watchToken: string, signal: AbortSignal): AsyncGenerator<StatusEvent> {
    const client = createClient({
      url: `${this.url.replace(/^http/, 'ws')}/graphql`,
      connectionParams: { watchToken },
      webSocketImpl: webSocketTrusting(this.trusted),
    });
    const events = client.iterate({ query: WATCH, variables: { id } });
    const stop = (): void => void events.return?.();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const { data, errors } of events) {
        const [error] = errors ?? [];
        if (error !== undefined) throw refusalOf(error);
        yield (data as unknown as { enrolmentStatus: StatusEvent }).enrolmentStatus;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      void client.dispose();
    }
  }

  private send(
    path: string,
    content?: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<string> {
    const send = this.trusted === null ? plainRequest : tlsRequest;
    return new Promise((resolve, reject) => {
      const request = send(
        `${this.url}${path}`,
        {
          method: content === undefined ? 'GET' : 'POST',
          headers: content?.headers,
          timeout: TIMEOUT_MS,
          ...(this.trusted === null ? {} : { ca: this.trusted }),
        },
        (response) => {
          bodyOf(response).then(resolve, reject);
        },
      );
      request.on('timeout', () => {
        request.destroy(new Error('The server does not answer.'));
      });
      request.on('error', reject);
      request.end(content?.body);
    });
  }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function refusalOf({ message, extensions = {} }: GraphqlError): Refusal {
  const { code, ...facts } = extensions;
  return new Refusal(typeof code === 'string' ? code : 'INTERNAL', message, facts);
}

function webSocketTrusting(certificate: string | null): unknown {
  if (certificate === null) return WebSocket;
  const trust = { ca: certificate };
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, trust);
    }
  };
}
