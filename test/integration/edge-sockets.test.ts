import { LIMITS } from '../../src/edge/graphql/limits';
import { DomainError } from '../../src/kernel/errors';
import { ENROLMENT, startEdge, stopEdges, type TestEdge } from '../helpers/edge/edge-server';
import { connect, TestSocket, type Payload, type SocketOptions } from '../helpers/edge/edge-socket';

let edge: TestEdge;
beforeEach(async () => {
  edge = await startEdge();
});
afterEach(stopEdges);

const STATUS = `subscription Status { enrolmentStatus(enrolmentId: "${ENROLMENT}") }`;
const alva = { params: { authorization: 'Bearer token-1' } };

async function watching(options: SocketOptions = alva): Promise<TestSocket> {
  const socket = await connect(edge.url, options);
  const before = edge.service.channels.size;
  socket.run(STATUS);
  await until(() => edge.service.channels.size > before);
  return socket;
}

/** Waits for a fact that the server shows in no message. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const event = (text: string): object => ({ data: { enrolmentStatus: text } });

test('events arrive one by one until the client completes, and the source is released', async () => {
  const socket = await watching();
  edge.service.emit('SCANNED');
  edge.service.emit('ACTIVE');
  expect((await socket.next()).payload).toEqual(event('SCANNED'));
  expect((await socket.next()).payload).toEqual(event('ACTIVE'));
  socket.send({ id: '1', type: 'complete' });
  await until(() => edge.service.channels.size === 0);
  expect(socket.unread).toBe(0);
});

test('a source that ends completes the subscription', async () => {
  const socket = await watching();
  for (const channel of edge.service.channels) await channel.return();
  expect((await socket.next()).type).toBe('complete');
});

test('a closed socket releases its sources and its session', async () => {
  const socket = await watching();
  socket.ws.terminate();
  await until(() => edge.service.channels.size === 0);
  expect(edge.ports.listeners.get('session:session-1')?.size).toBe(0);
});

test('queries, refusals, limits and bugs are the same as over HTTP', async () => {
  const socket = await connect(edge.url);
  const ask = async (query: string, variables = {}): Promise<Payload> => {
    socket.run(query, { variables });
    const { type, payload } = await socket.next();
    if (type === 'next') await socket.next(); // complete
    if (payload === undefined) throw new Error(`The server answered ${type}.`);
    return payload;
  };
  expect(await ask('{ hello }')).toEqual({ data: { hello: 'hello' } });
  const refused = await ask('{ hello me { name } }');
  expect(refused[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
  expect(edge.ports.refusals).toHaveLength(1);
  const wrong = ['{ nothing }', '{', 'query A { hello } query B { hello }'];
  for (const query of wrong) {
    expect((await ask(query))[0]?.extensions).toEqual({ code: 'INVALID_INPUT' });
  }
  const long = await ask(`{ somebody { ${'name '.repeat(LIMITS.tokens)} } }`);
  expect(long[0]?.extensions).toMatchObject({ limit: 'tokens', maximum: LIMITS.tokens });
  const query = 'query ($n: Int!) { somebody { friends(first: $n) { name } } }';
  const invalid = await ask(query, { n: 'hunter2' });
  expect(invalid[0]?.extensions['fields']).toEqual([
    { field: 'n', message: 'It must be a value of type Int!.' },
  ]);
  const bug = await ask('{ bug }');
  expect(bug.errors?.[0]?.message).toBe('Something went wrong on our side.');
  expect(bug.errors?.[0]?.extensions).toEqual({
    code: 'INTERNAL',
    requestId: expect.any(String) as unknown,
  });
});

test('a failing source tells a request id and is logged', async () => {
  const socket = await watching();
  for (const channel of edge.service.channels)
    channel.next = () => Promise.reject(new Error('lost'));
  edge.service.emit('SCANNED');
  expect((await socket.next()).payload).toEqual(event('SCANNED'));
  const failed = await socket.next();
  expect(failed.type).toBe('error');
  expect(failed.payload?.[0]?.extensions).toEqual({
    code: 'INTERNAL',
    requestId: expect.any(String) as unknown,
  });
  expect(JSON.stringify(edge.logged)).toContain('lost');
});

describe('who may connect', () => {
  const who = async (options: SocketOptions): Promise<unknown> => {
    const socket = await connect(edge.url, options);
    socket.run('{ whoAmI }');
    return (await socket.next()).payload?.data?.['whoAmI'];
  };
  const cookie = { cookie: 'signet=token-1' };

  test('the cookie of our own pages counts, and of programs that are no browser', async () => {
    expect(await who({ headers: cookie, origin: edge.origin })).toBe('alva');
    expect(await who({ headers: cookie })).toBe('alva');
  });

  test('from a listed origin only tokens count', async () => {
    const origin = 'https://friend.example';
    expect(await who({ headers: cookie, origin })).toBe('anonymous');
    expect(await who({ ...alva, origin })).toBe('alva');
  });

  test('other origins and other paths are refused at the door', async () => {
    expect(await new TestSocket(edge.url, { origin: 'https://evil.example' }).closed).toBe(403);
    expect(await new TestSocket(`${edge.origin}/other`).closed).toBe(404);
  });

  test('a token that is not valid closes the socket with 4401', async () => {
    for (const params of [
      { authorization: 'Bearer stale' },
      { authorization: 'nonsense' },
      { authorization: 7 },
      { watchToken: 'nonsense' },
      { deviceToken: ['x'] },
    ]) {
      const socket = new TestSocket(edge.url);
      await socket.opened;
      socket.send({ type: 'connection_init', payload: params });
      expect(await socket.closed).toBe(4401);
    }
  });

  test('an operation before connection_init closes the socket', async () => {
    const socket = new TestSocket(edge.url);
    await socket.opened;
    socket.run('{ hello }');
    expect(await socket.closed).toBe(4401);
  });
});

test('a message over the limit ends its socket and no other', async () => {
  const other = await watching();
  const socket = await connect(edge.url);
  socket.run(`{ hello } ${'#'.repeat(64 * 1024)}`);
  expect(await socket.closed).toBe(1009);
  edge.service.emit('SCANNED');
  expect((await other.next()).payload).toEqual(event('SCANNED'));
});

test('a socket runs so many operations at the same time and no more', async () => {
  const socket = await connect(edge.url, alva);
  for (let i = 1; i <= LIMITS.operations; i += 1) socket.run(STATUS, { id: String(i) });
  await until(() => edge.service.channels.size === LIMITS.operations);
  socket.run(STATUS, { id: 'one too many' });
  const refused = await socket.next();
  expect(refused).toMatchObject({ id: 'one too many', type: 'error' });
  expect(refused.payload?.[0]?.extensions['limit']).toBe('operations');
});

describe('the session', () => {
  test('that has ended closes the socket with 4401 before an event', async () => {
    const socket = await watching();
    edge.ports.sessions.clear();
    edge.service.emit('SCANNED');
    expect(await socket.closed).toBe(4401);
    expect(socket.unread).toBe(0);
  });

  test('that has ended closes the socket with 4401 without an event', async () => {
    const socket = await watching();
    edge.ports.sessions.clear();
    edge.ports.wake('session:session-1');
    expect(await socket.closed).toBe(4401);
  });

  test('that has ended closes the socket at the next operation', async () => {
    const socket = await connect(edge.url, alva);
    edge.ports.sessions.clear();
    socket.run('{ hello }');
    expect(await socket.closed).toBe(4401);
  });

  test('whose token was changed keeps its sockets', async () => {
    const socket = await watching();
    edge.ports.tokens.clear();
    edge.ports.wake('session:session-1');
    edge.service.emit('SCANNED');
    expect((await socket.next()).payload).toEqual(event('SCANNED'));
  });

  test('is kept alive by what its user does, not by a socket that waits', async () => {
    const socket = await watching();
    edge.service.emit('SCANNED');
    await socket.next();
    edge.ports.wake('session:session-1');
    await until(() => edge.ports.activity.length === 3);
    expect(edge.ports.activity).toEqual([true, false, false]);
  });
});

describe('the rules', () => {
  test('that changed against a viewer close the socket with 4403 before an event', async () => {
    const socket = await watching();
    edge.ports.allowed.clear();
    edge.service.emit('SCANNED');
    expect(await socket.closed).toBe(4403);
    expect(socket.unread).toBe(0);
    expect(edge.ports.refusals).toEqual([
      { operation: 'enrolmentStatus', resource: '/enrolments/watch', code: 'FORBIDDEN' },
    ]);
  });

  test('that changed against a viewer close the socket with 4403 without an event', async () => {
    const socket = await watching();
    edge.ports.allowed.clear();
    edge.ports.wake('access-policy');
    expect(await socket.closed).toBe(4403);
  });

  test('that changed close the socket first and have the refusal recorded after', async () => {
    const [first, second] = [await watching(), await watching()];
    const record = edge.ports.recordRefusal;
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    edge.ports.recordRefusal = async (context, refusal) => {
      await held;
      await record(context, refusal);
    };
    edge.ports.allowed.clear();
    edge.ports.wake('access-policy');
    expect(await first.closed).toBe(4403);
    expect(await second.closed).toBe(4403);
    expect(edge.ports.refusals).toEqual([]);
    goOn();
    await until(() => edge.ports.refusals.length === 2);
  });

  test('that changed while the source was opened close the socket as well', async () => {
    const socket = await connect(edge.url, alva);
    const gate = edge.service.hold();
    socket.run(STATUS);
    await gate.entered;
    edge.ports.allowed.clear();
    edge.ports.wake('access-policy');
    gate.open();
    expect(await socket.closed).toBe(4403);
  });

  test('do not touch who watches by a watch token', async () => {
    const socket = await watching({ params: { watchToken: `watch-${ENROLMENT}` } });
    edge.ports.allowed.clear();
    edge.ports.wake('access-policy');
    edge.service.emit('SCANNED');
    expect((await socket.next()).payload).toEqual(event('SCANNED'));
  });

  test('close the socket when evidence runs out, without an event', async () => {
    edge.ports.validForMs = 300;
    edge.ports.refusal = () => new DomainError('INSUFFICIENT_USER_AUTHENTICATION');
    const socket = await watching();
    edge.ports.allowed.clear();
    expect(await socket.closed).toBe(4403);
  });

  test('let the socket stay where the evidence was renewed in time', async () => {
    edge.ports.validForMs = 300;
    const socket = await watching();
    edge.ports.validForMs = null;
    await until(() => edge.ports.activity.length === 2);
    edge.service.emit('SCANNED');
    expect((await socket.next()).payload).toEqual(event('SCANNED'));
  });
});

test('a socket that cannot be judged is closed to try again later, and shows nothing', async () => {
  const ports = edge.ports;
  const socket = await watching();
  ports.authorize = () => Promise.reject(new Error('no database'));
  edge.service.emit('SCANNED');
  expect(await socket.closed).toBe(1013);
  expect(socket.unread).toBe(0);
});

test('draining closes sockets with 1001 and lets running operations answer first', async () => {
  const waiting = await watching();
  const working = await connect(edge.url);
  const gate = edge.service.hold();
  working.run('{ slow }');
  await gate.entered;
  const drained = edge.edge.drain(10_000);
  expect(await waiting.closed).toBe(1001);
  gate.open();
  expect((await working.next()).payload).toEqual({ data: { slow: 'done' } });
  expect(await working.closed).toBe(1001);
  await drained;
});
