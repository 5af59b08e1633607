import { tmpdir } from 'node:os';
import { pino, stdSerializers } from 'pino';
import type { EdgePorts, SessionCredential } from '../../../src/edge/graphql/ports';
import { createEdgeServer, type EdgeOptions, type EdgeServer } from '../../../src/edge/http/server';
import type { Actor, Grants } from '../../../src/kernel/actor';
import { DomainError } from '../../../src/kernel/errors';
import type { EnrolmentId, SessionId, UserId } from '../../../src/kernel/ids';
import { TestService, testSchema } from './edge-schema';

export const ENROLMENT = '11111111-1111-4111-8111-111111111111';
export const OTHER_ENROLMENT = '22222222-2222-4222-8222-222222222222';

const OPEN: ReadonlySet<string> = new Set(['/sign-in']);

/** Sessions, rules and wake-ups as the features would have them, in memory. */
export class TestPorts implements EdgePorts {
  /** Token to session id; several tokens may stand for one session. */
  readonly tokens = new Map<string, string>([['token-1', 'session-1']]);
  readonly sessions = new Set(['session-1']);
  readonly allowed = new Set(['/mobile-id', '/enrolments/watch']);
  readonly refusals: { operation: string; resource: string; code: string }[] = [];
  readonly listeners = new Map<string, Set<() => void>>();
  readonly activity: boolean[] = [];
  validForMs: number | null = null;
  refusal: (resource: string) => DomainError = () => new DomainError('FORBIDDEN');

  identify: EdgePorts['identify'] = ({ session, watchToken, deviceToken }) => {
    if (session?.kind === 'id') this.activity.push(session.active);
    const id = this.sessionOf(session);
    if (session !== undefined && session.kind !== 'cookie' && id === undefined) {
      return Promise.reject(new DomainError('UNAUTHENTICATED'));
    }
    return Promise.resolve({
      actor: id === undefined ? { kind: 'anonymous' } : userOf(id),
      grants: grantsOf(watchToken, deviceToken),
      now: new Date(),
    });
  };

  authorize: EdgePorts['authorize'] = ({ actor }, resource) => {
    if (OPEN.has(resource)) return Promise.resolve({ validUntil: null });
    if (actor.kind !== 'user') return Promise.reject(new DomainError('UNAUTHENTICATED'));
    if (!this.allowed.has(resource)) return Promise.reject(this.refusal(resource));
    const validUntil =
      this.validForMs === null ? null : new Date(new Date().getTime() + this.validForMs);
    return Promise.resolve({ validUntil });
  };

  recordRefusal: EdgePorts['recordRefusal'] = (_context, refusal) => {
    this.refusals.push(refusal);
    return Promise.resolve();
  };

  onChange: EdgePorts['onChange'] = (topic, wake) => {
    const known = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, known.add(wake));
    return () => known.delete(wake);
  };

  private sessionOf(session: SessionCredential | undefined): string | undefined {
    if (session === undefined || session.kind === 'client') return undefined;
    const id = session.kind === 'id' ? session.sessionId : this.tokens.get(session.token);
    return id !== undefined && this.sessions.has(id) ? id : undefined;
  }

  wake(topic: string): void {
    for (const wake of this.listeners.get(topic) ?? []) wake();
  }
}

function grantsOf(watch: string | undefined, device: string | undefined): Grants {
  return {
    ...(watch === undefined ? {} : { watch: enrolmentOf(watch) }),
    ...(device === undefined
      ? {}
      : { device: { enrolmentId: enrolmentOf(device), thumbprint: 't' } }),
  };
}

function enrolmentOf(token: string): EnrolmentId {
  const id = /^(?:watch|device)-(.+)$/.exec(token)?.[1];
  if (id === undefined) throw new DomainError('UNAUTHENTICATED');
  return id as EnrolmentId;
}

function userOf(sessionId: string): Actor {
  return {
    kind: 'user',
    userId: 'user-1' as UserId,
    username: 'alva',
    roles: ['USER'],
    groups: [],
    sessionId: sessionId as SessionId,
    sessionExpiresAt: new Date(8.64e15),
    evidence: [],
  };
}

export interface TestEdge {
  readonly edge: EdgeServer;
  readonly origin: string;
  readonly url: string;
  readonly ports: TestPorts;
  readonly service: TestService;
  readonly logged: Record<string, unknown>[];
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  query(query: string, headers?: Record<string, string>): Promise<Answer>;
}

export interface WireError {
  readonly message: string;
  readonly path?: unknown;
  readonly extensions: Readonly<Record<string, unknown>>;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
  readonly errors: readonly WireError[];
}

const running = new Set<TestEdge>();

export async function startEdge(options: Partial<EdgeOptions> = {}): Promise<TestEdge> {
  const ports = new TestPorts();
  const service = new TestService();
  const logged: Record<string, unknown>[] = [];
  const sink = { write: (line: string) => void logged.push(JSON.parse(line) as never) };
  let origin = 'http://localhost:0';
  const edge = await createEdgeServer({
    host: '127.0.0.1',
    port: 0,
    tls: null,
    clientCa: null,
    ownAuthorities: () => [],
    publicUrl: () => origin,
    allowedOrigins: ['https://friend.example'],
    trustedProxies: [],
    introspection: true,
    webRoot: tmpdir(),
    schema: await testSchema(service),
    ports,
    ready: () => Promise.resolve(true),
    log: pino({ level: 'debug', serializers: { error: stdSerializers.err } }, sink),
    ...options,
  });
  const { port } = await edge.listen();
  const isTls = options.tls !== undefined && options.tls !== null;
  origin = `${isTls ? 'https' : 'http'}://127.0.0.1:${String(port)}`;
  const url = `${origin}/graphql`;
  const post = (body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const query = async (text: string, headers?: Record<string, string>): Promise<Answer> =>
    answerOf(await post({ query: text }, headers));
  const started = { edge, origin, url, ports, service, logged, post, query };
  running.add(started);
  return started;
}

export async function answerOf(response: Response): Promise<Answer> {
  const { data, errors } = (await response.json()) as Pick<Answer, 'data' | 'errors'>;
  return { status: response.status, headers: response.headers, data, errors };
}

export async function stopEdges(): Promise<void> {
  for (const { edge } of running) await edge.drain(0);
  running.clear();
}
