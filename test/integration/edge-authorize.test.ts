import {
  answerOf,
  ENROLMENT,
  OTHER_ENROLMENT,
  startEdge,
  stopEdges,
} from '../helpers/edge/edge-server';
import type { Answer, TestEdge } from '../helpers/edge/edge-server';
import { connect } from '../helpers/edge/edge-socket';

let edge: TestEdge;
beforeEach(async () => {
  edge = await startEdge();
});
afterEach(stopEdges);

const alva = { authorization: 'Bearer token-1' };
const code = ({ errors }: Answer): unknown => errors[0]?.extensions['code'];

test('one refused field refuses the whole operation, and nothing runs', async () => {
  const answer = await edge.query('query Both { hello me { name } }');
  expect(answer).toMatchObject({ status: 401, data: undefined });
  expect(code(answer)).toBe('UNAUTHENTICATED');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="signet"');
  expect(edge.service.calls).toEqual([]);
  expect(edge.ports.refusals).toEqual([
    { operation: 'hello me', resource: '/mobile-id', code: 'UNAUTHENTICATED' },
  ]);
});

test.each([
  ['directly', '{ me { name notes } }'],
  ['in a fragment', '{ me { ...F } } fragment F on Person { notes }'],
  ['in an inline fragment', '{ me { ... on Person { ... { notes } } } }'],
  ['under an alias', '{ me { remarks: notes } }'],
  ['far below', '{ me { friends { friends { notes } } } }'],
])('a guarded field below, %s, needs its own resource', async (_where, query) => {
  const refused = await edge.query(query, alva);
  expect(refused).toMatchObject({ status: 403, data: undefined });
  expect(code(refused)).toBe('FORBIDDEN');
  expect(edge.service.calls).toEqual([]);
  edge.ports.allowed.add('/operator/users');
  expect((await edge.query(query, alva)).errors).toBeUndefined();
});

test('what the variables leave out needs no right', async () => {
  const ask = async (query: string, with_: boolean): Promise<Answer> =>
    answerOf(await edge.post({ query, variables: { with: with_ } }, alva));
  for (const [query, asks] of [
    ['query ($with: Boolean!) { me { name notes @include(if: $with) } }', true],
    ['query ($with: Boolean!) { me { name notes @skip(if: $with) } }', false],
    [
      'query ($with: Boolean!) { me { name ...F @include(if: $with) } } fragment F on Person { notes }',
      true,
    ],
    ['query ($with: Boolean! = true) { me { name ... @skip(if: $with) { notes } } }', false],
  ] as const) {
    expect(code(await ask(query, asks))).toBe('FORBIDDEN');
    expect((await ask(query, !asks)).errors).toBeUndefined();
  }
});

test('only the operation that is meant is judged', async () => {
  const query = 'query A { hello } query B { me { name } }';
  const run = async (operationName: string): Promise<Answer> =>
    answerOf(await edge.post({ query, operationName }));
  expect((await run('A')).data).toEqual({ hello: 'hello' });
  expect(code(await run('B'))).toBe('UNAUTHENTICATED');
});

test('the schema about itself needs no right', async () => {
  const answer = await edge.query('{ __typename __type(name: "Person") { name } }');
  expect(answer.data).toEqual({ __typename: 'Query', __type: { name: 'Person' } });
});

describe('a watch token', () => {
  const watch = { 'x-watch-token': `watch-${ENROLMENT}` };

  test('opens watching, cancelling and confirming of its enrolment', async () => {
    expect((await edge.query(`{ enrolment(id: "${ENROLMENT}") }`, watch)).errors).toBeUndefined();
    for (const field of ['cancelEnrolment', 'confirmDevice']) {
      const answer = await edge.query(`mutation { ${field}(id: "${ENROLMENT}") }`, watch);
      expect(answer.data).toEqual({ [field]: true });
    }
  });

  test('opens neither another enrolment nor anything else', async () => {
    for (const query of [
      `{ enrolment(id: "${OTHER_ENROLMENT}") }`,
      `{ enrolment(id: "no-id") }`,
      `{ a: enrolment(id: "${ENROLMENT}") b: enrolment(id: "${OTHER_ENROLMENT}") }`,
      `{ enrolment(id: "${ENROLMENT}") me { name } }`,
    ]) {
      const answer = await edge.query(query, watch);
      expect(answer.data).toBeUndefined();
      expect(code(answer)).toBe('UNAUTHENTICATED');
    }
  });

  test('names its enrolment by variable as well', async () => {
    const query = 'query ($id: ID!) { enrolment(id: $id) }';
    const ask = async (id: string): Promise<Answer> =>
      answerOf(await edge.post({ query, variables: { id } }, watch));
    expect((await ask(ENROLMENT.toUpperCase())).errors).toBeUndefined();
    expect(code(await ask(OTHER_ENROLMENT))).toBe('UNAUTHENTICATED');
  });

  test('that is not valid is refused', async () => {
    expect(code(await edge.query('{ hello }', { 'x-watch-token': 'nonsense' }))).toBe(
      'UNAUTHENTICATED',
    );
  });
});

test('a device token opens watching and cancelling, and no more', async () => {
  const socket = await connect(edge.url, { params: { deviceToken: `device-${ENROLMENT}` } });
  socket.run(`{ enrolment(id: "${ENROLMENT}") }`);
  expect(await socket.next()).toMatchObject({ type: 'next' });
  expect(await socket.next()).toMatchObject({ type: 'complete' });
  socket.run(`mutation { cancelEnrolment(id: "${ENROLMENT}") }`);
  expect((await socket.next()).payload).toEqual({ data: { cancelEnrolment: true } });
  expect(await socket.next()).toMatchObject({ type: 'complete' });
  socket.run(`mutation { confirmDevice(id: "${ENROLMENT}") }`);
  const refused = await socket.next();
  expect(refused.type).toBe('error');
  expect(refused.payload?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });
});
