import { claimedOrder, gatherCast, order, tryOrder, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { TRUSTED_PROXIES: '127.0.0.1,::1' } });
  cast = await gatherCast(server);
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

/** As many calls as are asked for, ten at a time. */
async function many(
  times: number,
  call: (i: number) => Promise<GraphqlAnswer<any>>,
): Promise<string[]> {
  const codes: string[] = [];
  for (let i = 0; i < times; i += 10) {
    const size = Math.min(10, times - i);
    const answers = await Promise.all(Array.from({ length: size }, (_, j) => call(i + j)));
    codes.push(...answers.map(({ errors }) => errors[0]?.extensions.code ?? 'NONE'));
  }
  return codes;
}

/** A phone that calls from this address. */
function phoneFrom(address: string): HonestOrNotPhone {
  const graphql: TestServer['graphql'] = (query, variables, caller) =>
    server.graphql(query, variables, { ...caller, headers: { 'x-forwarded-for': address } });
  return new HonestOrNotPhone({ url: server.url, graphql });
}

test('an address that guesses codes is stopped, and no other address', async () => {
  const guesser = phoneFrom('203.0.113.5');
  const codes = await many(130, (i) => guesser.tryClaim(String(i).padStart(22, 'A')));
  expect(codes.slice(0, 120)).toEqual(Array.from({ length: 120 }, () => 'CODE_UNKNOWN'));
  expect(codes.slice(120)).toEqual(Array.from({ length: 10 }, () => 'RATE_LIMITED'));
  const { code } = await order(server, cast.alva.token, { projectId: cast.projectId });
  expect(codeOf(await guesser.tryClaim(code))).toBe('RATE_LIMITED');
  expect((await phoneFrom('203.0.113.6').tryClaim(code)).errors).toEqual([]);
});

test('an address that guesses device tokens is stopped', async () => {
  const guesser = phoneFrom('203.0.113.7');
  const codes = await many(130, () => guesser.tryActivate({ deviceToken: 'x' }, []));
  expect(codes.filter((code) => code === 'NOT_FOUND')).toHaveLength(120);
  expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(10);
});

test('phones with right codes are not counted against their address', async () => {
  const { code } = await order(server, cast.alva.token, { projectId: cast.projectId });
  const own = phoneFrom('203.0.113.8');
  for (let round = 0; round < 3; round += 1) {
    expect(new Set(await many(50, () => own.tryClaim(code)))).toEqual(new Set(['NONE']));
    await server.database.query(`DELETE FROM rate_limit WHERE key LIKE 'device/enrolment:%'`);
  }
});

test('one enrolment takes so many calls a minute, and others are not held up', async () => {
  const { phone, task } = await claimedOrder(server, cast.alva.token, cast.projectId);
  const codes = await many(70, () => phone.tryActivate(task, []));
  expect(codes.filter((code) => code === 'RATE_LIMITED').length).toBeGreaterThanOrEqual(10);
  const answer = await phone.tryActivate(task, phone.requestsFor(task));
  expect(answer.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(0);
  const other = await claimedOrder(server, cast.other.token, cast.projectId);
  const { errors } = await other.phone.tryActivate(other.task, other.phone.requestsFor(other.task));
  expect(errors).toEqual([]);
});

test('one user orders so often an hour, and others are not held up', async () => {
  const here = { projectId: cast.projectId };
  const codes = await many(61, () => tryOrder(server, cast.alva.token, here));
  expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(1);
  expect((await tryOrder(server, cast.other.token, here)).errors).toEqual([]);
});
