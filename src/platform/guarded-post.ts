import { Resolver } from 'node:dns/promises';
import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as secureRequest, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { AddressGuard } from './address-guard.js';

/** Why there is no answer. Told to whoever has set the destination, so it must not tell him more of the network than he may know. */
export const POST_PROBLEMS = [
  'ADDRESS_REFUSED',
  'NAME_NOT_FOUND',
  'NO_CONNECTION',
  'TLS_FAILED',
  'TIMEOUT',
  'NO_ANSWER',
] as const;
export type PostProblem = (typeof POST_PROBLEMS)[number];

export class PostError extends Error {
  override readonly name = 'PostError';
  constructor(
    readonly problem: PostProblem,
    options?: ErrorOptions,
  ) {
    super(problem, options);
  }
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}
export interface PostAnswer {
  readonly status: number;
  /** As the receiver wrote it. */
  readonly retryAfter: string | null;
}
/** Every address of a name. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

export interface PosterOptions {
  readonly guard: AddressGuard;
  readonly resolve?: Resolve;
  /** For all of it: name, connection, TLS, sending and answer. */
  readonly timeoutMs?: number;
  /** Of answers nothing but the status counts, and no more than this is taken. */
  readonly maxAnswerBytes?: number;
}

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 65_536;
const MAX_HEADER_BYTES = 16_384;
const DNS_TIMEOUT_MS = 3000;
const DNS_TRIES = 2;
/** RFC 6761 section 6.3: never asked of DNS. */
const LOCALHOST = /^(?:.+\.)?localhost\.?$/i;
/** RFC 6761 section 6.4, RFC 7686 section 2: there are no addresses of these. */
const NOT_IN_DNS = /^(?:.+\.)?(?:invalid|onion)\.?$/i;
const TLS_PROBLEM =
  /^(?:CERT_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_|EPROTO)/;
const CONNECTION_PROBLEM =
  /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ETIMEDOUT|EACCES)$/;

/**
 * Sends to URLs that others have given. The name is resolved once, every address is judged, and the connection goes to those that
 * were judged and no others: between look and leap nothing can change (DNS rebinding). Redirects are not followed, connections are
 * not shared, and plain http goes to allowed networks alone.
 */
export class GuardedPoster {
  private readonly resolve: Resolve;
  private readonly timeoutMs: number;
  private readonly maxAnswerBytes: number;

  constructor(private readonly options: PosterOptions) {
    this.resolve = options.resolve ?? dnsResolver();
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.maxAnswerBytes = options.maxAnswerBytes ?? MAX_ANSWER_BYTES;
  }

  /** @throws PostError where there is no answer; the reason of `signal` where that has ended it */
  async post({ url, signal, ...message }: Post): Promise<PostAnswer> {
    signal.throwIfAborted();
    const ending = new AbortController();
    const end = (): void => {
      ending.abort();
    };
    const timer = setTimeout(end, this.timeoutMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      const target = new URL(url);
      const addresses = await this.addressesOf(target, ending.signal);
      return await this.send({ target, addresses, ...message }, ending.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (ending.signal.aborted) throw new PostError('TIMEOUT', { cause: error });
      throw error instanceof PostError ? error : new PostError(problemOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  /** All of them may be reached, or none is. */
  private async addressesOf(target: URL, signal: AbortSignal): Promise<readonly string[]> {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const addresses = isIP(host) === 0 ? await this.resolve(host, signal) : [host];
    if (addresses.length === 0) throw new PostError('NAME_NOT_FOUND');
    const { guard } = this.options;
    const isSecure = target.protocol === 'https:';
    const mayReach = addresses.every((address) => {
      const reach = guard.reachOf(address);
      return reach === 'allowed' || (reach === 'public' && isSecure);
    });
    if (!mayReach) throw new PostError('ADDRESS_REFUSED');
    return addresses;
  }

  private send(
    { target, addresses, headers, body }: Sending,
    signal: AbortSignal,
  ): Promise<PostAnswer> {
    const options: RequestOptions = {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent: false,
      lookup: pinnedTo(addresses),
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
    };
    const request = (target.protocol === 'https:' ? secureRequest : plainRequest)(target, options);
    refuseOtherPeers(request, addresses);
    const answer = new Promise<PostAnswer>((resolve, reject) => {
      let isAnswered = false;
      request.on('error', (error) => {
        if (!isAnswered) reject(error);
      });
      request.once('close', () => {
        if (!isAnswered) reject(new PostError('NO_ANSWER')); // Node ends some without an error, as after 101
      });
      request.once('response', (response) => {
        isAnswered = true; // whatever ends it now: the status has come
        const { statusCode = 0, headers: received } = response;
        void this.drained(response).then(() => {
          resolve({ status: statusCode, retryAfter: received['retry-after'] ?? null });
        });
      });
    });
    request.end(body);
    return answer;
  }

  /** Resolves when the answer is over, however: its status has come already. */
  private drained(response: IncomingMessage): Promise<void> {
    let received = 0;
    response.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received > this.maxAnswerBytes) response.destroy();
    });
    response.on('error', () => undefined);
    return new Promise((resolve) => response.once('close', resolve));
  }
}

interface Sending extends Pick<Post, 'headers' | 'body'> {
  readonly target: URL;
  readonly addresses: readonly string[];
}

/** What the connection asks instead of DNS. */
function pinnedTo(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, { all }, callback) => {
    const [first] = found;
    if (all === true || first === undefined) callback(null, found);
    else callback(null, first.address, first.family);
  };
}

/** The last word has the connection itself. */
function refuseOtherPeers(request: ClientRequest, addresses: readonly string[]): void {
  request.once('socket', (socket: Socket) => {
    socket.once('connect', () => {
      const peer = socket.remoteAddress ?? '';
      if (!addresses.some((address) => isSameAddress(address, peer))) {
        request.destroy(new PostError('ADDRESS_REFUSED'));
      }
    });
  });
}

function isSameAddress(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

function canonical(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname : address;
}

/**
 * Asks DNS over sockets of its own. The system's resolver (getaddrinfo) would hold one of the process's four threads for as long as
 * a name's server keeps silent, and passwords and signatures wait for those.
 * @param servers other than those of the system
 */
export function dnsResolver(servers?: readonly string[]): Resolve {
  return async (name, signal) => {
    if (LOCALHOST.test(name)) return ['127.0.0.1'];
    if (NOT_IN_DNS.test(name)) return [];
    signal.throwIfAborted();
    const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = (): void => {
      resolver.cancel();
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

function problemOf(error: unknown): PostProblem {
  const code = (error as { code?: unknown }).code;
  const text = typeof code === 'string' ? code : '';
  if (TLS_PROBLEM.test(text)) return 'TLS_FAILED';
  return CONNECTION_PROBLEM.test(text) ? 'NO_CONNECTION' : 'NO_ANSWER';
}
