import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
  createServer as createPlainServer,
  type AddressInfo,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { text } from 'node:stream/consumers';
import { AddressGuard } from '../../../src/platform/address-guard.js';
import {
  dnsResolver,
  GuardedPoster,
  PostError,
  type PosterOptions,
} from '../../../src/platform/guarded-post.js';
import { TestDnsServer } from './dns-server';
import { serverCertificate } from './server-certificate';

const LOOPBACK = new AddressGuard(['127.0.0.0/8']);
const NOBODY = new AbortController().signal;

const servers: NetServer[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listening(server: NetServer): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

const receiver = (listener: RequestListener): Promise<number> => listening(createServer(listener));
const posterTo = (
  addresses: readonly string[],
  options: Partial<PosterOptions> = {},
): GuardedPoster =>
  new GuardedPoster({ guard: LOOPBACK, resolve: () => Promise.resolve(addresses), ...options });
const message = (url: string): Parameters<GuardedPoster['post']>[0] => ({
  url,
  headers: { 'webhook-id': 'evt_1' },
  body: '{"a":"ä"}',
  signal: NOBODY,
});

/** The problem that a refused post ends in. */
async function problemOf(posting: Promise<unknown>): Promise<string> {
  const error: unknown = await posting.then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  if (!(error instanceof PostError)) throw new Error(`It was not refused: ${String(error)}`);
  return error.problem;
}

test('the message arrives as it is, under the name of the URL, at an address that was judged', async () => {
  const seen: object[] = [];
  const port = await receiver((request, response) => {
    void text(request).then((body) => {
      const { method, url, headers } = request;
      seen.push({ method, url, host: headers.host, id: headers['webhook-id'], body });
      response.writeHead(204, { 'retry-after': '7' }).end();
    });
  });
  const url = `http://hooks.example.org:${String(port)}/a?b=c`;
  const answer = await posterTo(['127.0.0.1']).post(message(url));
  expect(answer).toEqual({ status: 204, retryAfter: '7' });
  const host = `hooks.example.org:${String(port)}`;
  expect(seen).toEqual([{ method: 'POST', url: '/a?b=c', host, id: 'evt_1', body: '{"a":"ä"}' }]);
});

test('the name is resolved once, so that it cannot lead elsewhere between look and leap', async () => {
  const port = await receiver((_request, response) => response.end());
  const answers = [['127.0.0.1'], ['10.0.0.1']];
  let asked = 0;
  const poster = posterTo([], {
    resolve: () => {
      asked += 1;
      return Promise.resolve(answers.shift() ?? []);
    },
  });
  expect(await poster.post(message(`http://rebinding.example.org:${String(port)}/`))).toMatchObject(
    { status: 200 },
  );
  expect(asked).toBe(1);
  const again = poster.post(message(`http://rebinding.example.org:${String(port)}/`));
  expect(await problemOf(again)).toBe('ADDRESS_REFUSED');
});

test.each([
  ['the only address', ['10.0.0.1']],
  ['one of several', ['127.0.0.1', '169.254.169.254']],
  ['a mapped one', ['::ffff:10.0.0.1']],
  ['one that is none', ['2130706433']],
])('a name that leads to a private address is refused: %s', async (_what, addresses) => {
  let hits = 0;
  const port = await receiver((_request, response) => {
    hits += 1;
    response.end();
  });
  const url = `http://inside.example.org:${String(port)}/`;
  expect(await problemOf(posterTo(addresses).post(message(url)))).toBe('ADDRESS_REFUSED');
  expect(hits).toBe(0);
});

test.each([
  'http://127.0.0.1:PORT/',
  'http://2130706433:PORT/',
  'http://0x7f000001:PORT/',
  'http://0177.0.0.1:PORT/',
  'http://127.1:PORT/',
  'http://0.0.0.0:PORT/',
  'http://[::ffff:127.0.0.1]:PORT/',
  'http://[::ffff:7f00:1]:PORT/',
  'http://[::1]:PORT/',
  'http://[::]:PORT/',
  'http://１２７.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://hooks.localhost:PORT/',
  'https://127.0.0.1:PORT/',
])('%s leads nowhere where nothing is allowed', async (form) => {
  let hits = 0;
  const port = await receiver((_request, response) => {
    hits += 1;
    response.end();
  });
  const poster = new GuardedPoster({ guard: new AddressGuard() });
  const url = form.replace('PORT', String(port));
  expect(await problemOf(poster.post(message(url)))).toBe('ADDRESS_REFUSED');
  expect(hits).toBe(0);
});

test('plain http goes to allowed networks alone', async () => {
  const poster = posterTo(['8.8.8.8']);
  expect(await problemOf(poster.post(message('http://public.example.org/')))).toBe(
    'ADDRESS_REFUSED',
  );
});

test('localhost is this machine without being asked of DNS', async () => {
  const port = await receiver((_request, response) => response.end());
  const poster = new GuardedPoster({ guard: LOOPBACK });
  expect(await poster.post(message(`http://localhost:${String(port)}/`))).toMatchObject({
    status: 200,
  });
});

test('a name without addresses is told from a port where nobody listens', async () => {
  expect(await problemOf(posterTo([]).post(message('http://nowhere.example.org/')))).toBe(
    'NAME_NOT_FOUND',
  );
  const port = await receiver((_request, response) => response.end());
  await new Promise((resolve) => servers.pop()?.close(resolve));
  const url = `http://closed.example.org:${String(port)}/`;
  expect(await problemOf(posterTo(['127.0.0.1']).post(message(url)))).toBe('NO_CONNECTION');
});

test('a redirect is an answer, and is not followed', async () => {
  let hits = 0;
  const other = await receiver((_request, response) => {
    hits += 1;
    response.end();
  });
  const port = await receiver((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${String(other)}/` }).end(),
  );
  const url = `http://hooks.example.org:${String(port)}/`;
  expect(await posterTo(['127.0.0.1']).post(message(url))).toMatchObject({ status: 307 });
  expect(hits).toBe(0);
});

test.each([
  ['never answers', () => undefined],
  ['begins an answer and stops', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nx: ')],
])('a receiver that %s is left after the time is over', async (_what, act) => {
  const port = await listening(
    createPlainServer((socket) => {
      socket.on('error', () => undefined);
      act(socket);
    }),
  );
  const poster = posterTo(['127.0.0.1'], { timeoutMs: 200 });
  const url = `http://slow.example.org:${String(port)}/`;
  expect(await problemOf(poster.post(message(url)))).toBe('TIMEOUT');
});

test('so is a name whose server never answers', async () => {
  const poster = posterTo([], {
    timeoutMs: 50,
    resolve: (_name, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      }),
  });
  expect(await problemOf(poster.post(message('http://silent.example.org/')))).toBe('TIMEOUT');
});

test('of an endless answer no more than the limit is taken, and its status counts', async () => {
  let written = 0;
  const port = await receiver((_request, response) => {
    response.writeHead(200);
    const more = (): void => {
      written += 16_384;
      if (!response.destroyed) response.write(Buffer.alloc(16_384), () => setImmediate(more));
    };
    more();
  });
  const poster = posterTo(['127.0.0.1'], { maxAnswerBytes: 65_536 });
  expect(await poster.post(message(`http://endless.example.org:${String(port)}/`))).toMatchObject({
    status: 200,
  });
  expect(written).toBeLessThan(20_000_000); // what the sockets between them hold
});

test('an answer that drips forever has its status, and ends with the time', async () => {
  const port = await receiver((_request, response) => {
    response.writeHead(200).write('.');
  });
  const poster = posterTo(['127.0.0.1'], { timeoutMs: 2000 });
  expect(await poster.post(message(`http://dripping.example.org:${String(port)}/`))).toMatchObject({
    status: 200,
  });
});

test.each([
  ['closes at once', (socket: Socket) => socket.destroy()],
  ['speaks something else', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  [
    'sends endless headers',
    (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(40_000)}`),
  ],
  [
    'wants another protocol',
    (socket: Socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  ],
])('a receiver that %s has not answered', async (_what, act) => {
  const port = await listening(
    createPlainServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        act(socket);
      });
    }),
  );
  const url = `http://odd.example.org:${String(port)}/`;
  expect(await problemOf(posterTo(['127.0.0.1']).post(message(url)))).toBe('NO_ANSWER');
});

test('whoever ends it from outside is told his own reason', async () => {
  const port = await receiver(() => undefined);
  const ending = new AbortController();
  const posting = posterTo(['127.0.0.1']).post({
    ...message(`http://hooks.example.org:${String(port)}/`),
    signal: ending.signal,
  });
  ending.abort(new Error('The server stops.'));
  await expect(posting).rejects.toThrow('The server stops.');
});

test('a certificate that nobody vouches for, or no TLS at all, is refused', async () => {
  const { key, cert } = await serverCertificate('hooks.example.org');
  const server: Server = createSecureServer({ key, cert }, (_request, response) => response.end());
  const secure = await listening(server);
  const plain = await receiver((_request, response) => response.end());
  for (const port of [secure, plain]) {
    const url = `https://hooks.example.org:${String(port)}/`;
    expect(await problemOf(posterTo(['127.0.0.1']).post(message(url)))).toBe('TLS_FAILED');
  }
});

describe('asked of a real DNS server', () => {
  const LOCAL = [127, 0, 0, 1];
  const UNIQUE_LOCAL = [0xfd, ...Array<number>(14).fill(0), 1];
  let dns: TestDnsServer;
  afterEach(() => {
    dns.stop();
  });

  async function postBy(
    records: ConstructorParameters<typeof TestDnsServer>[0],
    timeoutMs = 10_000,
  ) {
    dns = new TestDnsServer(records);
    const resolve = dnsResolver([await dns.start()]);
    const port = await receiver((_request, response) => response.end());
    const poster = new GuardedPoster({ guard: LOOPBACK, resolve, timeoutMs });
    return poster.post(message(`http://hooks.example.org:${String(port)}/`));
  }

  test('a name leads to its address', async () => {
    expect(await postBy({ A: [LOCAL] })).toMatchObject({ status: 200 });
  });

  test('one private address of either family refuses the name', async () => {
    expect(await problemOf(postBy({ A: [LOCAL], AAAA: [UNIQUE_LOCAL] }))).toBe('ADDRESS_REFUSED');
  });

  test('a name without records is not found', async () => {
    expect(await problemOf(postBy({}))).toBe('NAME_NOT_FOUND');
  });

  test('a silent server costs no more than the time', async () => {
    expect(await problemOf(postBy('SILENT', 300))).toBe('TIMEOUT');
    expect(dns.asked).toBeGreaterThan(0);
  });

  test.each(['hooks.invalid', 'abc.onion', 'localhost', 'x.localhost'])(
    '%s is never asked for',
    async (name) => {
      dns = new TestDnsServer({ A: [[8, 8, 8, 8]] });
      const found = await dnsResolver([await dns.start()])(name, NOBODY);
      expect(found).toEqual(name.endsWith('localhost') ? ['127.0.0.1'] : []);
      expect(dns.asked).toBe(0);
    },
  );
});
