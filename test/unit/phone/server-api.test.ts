import { NO_ANSWER } from '../../../src/phone/problem.js';
import { connectToServer } from '../../../src/phone/server-api.js';
import { TASK } from './fake-server.js';

const CLAIM = { code: 'code', device: { name: 'Phone', platform: 'Test' }, proof: 'proof' };
const api = connectToServer({ serverUrl: 'https://id.example/signet' });

let fetched: jest.SpiedFunction<typeof fetch>;
beforeEach(() => {
  fetched = jest.spyOn(globalThis, 'fetch');
});
afterEach(() => {
  fetched.mockRestore();
});

function answer(body: unknown, init?: ResponseInit): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  fetched.mockResolvedValue(new Response(text, init));
}

function sent(): { url: unknown; init: RequestInit; body: { variables: unknown } } {
  const [url, init = {}] = fetched.mock.calls[0] ?? [];
  return { url, init, body: JSON.parse(init.body as string) as { variables: unknown } };
}

test('a claim is posted to the server of the link, without any cookie', async () => {
  answer({ data: { claimEnrolment: TASK } });
  await expect(api.claimEnrolment(CLAIM)).resolves.toEqual(TASK);
  expect(sent().url).toBe('https://id.example/signet/graphql');
  expect(sent().init).toMatchObject({ method: 'POST', credentials: 'omit' });
  expect(sent().body.variables).toEqual({ input: CLAIM });
});

test('cancelling shows the device token in its header only', async () => {
  answer({ data: { cancelEnrolment: { id: TASK.enrolmentId } } });
  await api.cancelEnrolment(TASK);
  expect(sent().init.headers).toMatchObject({ 'x-device-token': TASK.deviceToken });
  expect(sent().body.variables).toEqual({ id: TASK.enrolmentId });
  expect(JSON.stringify([sent().url, sent().body])).not.toContain(TASK.deviceToken);
});

test('a refusal keeps its code, its facts and the time of the server', async () => {
  const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: 9 };
  answer(
    { data: null, errors: [{ message: 'Too many.', extensions }] },
    { status: 200, headers: { date: 'Thu, 15 Jan 2026 10:00:00 GMT' } },
  );
  await expect(api.claimEnrolment(CLAIM)).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    message: 'Too many.',
    facts: { retryAfterSeconds: 9 },
    serverTime: new Date('2026-01-15T10:00:00Z'),
  });
});

test('a problem document is a refusal as well', async () => {
  answer({ type: 'about:blank', status: 429, code: 'RATE_LIMITED' }, { status: 429 });
  await expect(api.claimEnrolment(CLAIM)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
});

test.each([
  ['a page of a proxy', '<html>Bad gateway</html>', 502],
  ['nothing', '', 200],
  ['no data', { data: null }, 200],
  ['null', null, 200],
])('an answer of %s counts as none', async (_, body, status) => {
  answer(body, { status });
  await expect(api.claimEnrolment(CLAIM)).rejects.toMatchObject({ code: NO_ANSWER });
});

test('a connection that fails counts as no answer, and keeps its cause', async () => {
  const cause = new TypeError('fetch failed');
  fetched.mockRejectedValue(cause);
  await expect(api.claimEnrolment(CLAIM)).rejects.toMatchObject({ code: NO_ANSWER, cause });
});

test('an error without a code is a fault of the server', async () => {
  answer({ errors: [{ message: 'odd' }] }, { status: 500 });
  await expect(api.claimEnrolment(CLAIM)).rejects.toMatchObject({ code: 'INTERNAL' });
});
