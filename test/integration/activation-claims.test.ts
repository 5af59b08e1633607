import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { HonestOrNotPhone } from '../helpers/phone';
import { createSelfRegistration } from '../helpers/self-registration';
import { eventually, startTestServer, type TestServer } from '../helpers/server';

const LIMIT = 300;
const HERE = '198.51.100.7';
const THERE = '198.51.100.8';

let server: TestServer;
let cast: Cast;
let code: string;

beforeAll(async () => {
  server = await startTestServer({
    environment: { CA_KEY_ALGORITHM: 'P-256', TRUSTED_PROXIES: '127.0.0.1,::1' },
  });
  cast = await gatherCast(server);
});
beforeEach(async () => {
  ({ code } = await createSelfRegistration(server, cast.admin));
  await server.database.query('DELETE FROM activation_claim');
});
afterAll(() => server.stop());

function phoneAt(address: string): HonestOrNotPhone {
  const headers = { 'x-forwarded-for': address };
  return new HonestOrNotPhone({
    url: server.url,
    graphql: (query, variables, caller) => server.graphql(query, variables, { ...caller, headers }),
  });
}

/** So many more claims like the last one, so long ago, in this status. */
async function moreClaims(count: number, status: string, minutesAgo: number): Promise<void> {
  await server.database.query(
    `WITH made AS (
       INSERT INTO enrolment SELECT (e).* FROM (
         SELECT jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(),
           'device_thumbprint', gen_random_uuid(), 'status', $2::text)) AS e
         FROM enrolment e, generate_series(1, $1::int)
         WHERE e.id = (SELECT id FROM enrolment WHERE user_id IS NULL ORDER BY created_at DESC LIMIT 1)) AS copies
       RETURNING id)
     INSERT INTO activation_claim SELECT id, $4, now() - make_interval(mins => $3) FROM made`,
    [count, status, minutesAgo, HERE],
  );
}

test('claims that never became active are limited per address', async () => {
  await phoneAt(HERE).claim(code);
  await moreClaims(LIMIT - 1, 'EXPIRED', 59);
  const refused = await phoneAt(HERE).tryClaim(code);
  expect(codeOf(refused)).toBe('RATE_LIMITED');
  const seconds = refused.errors[0]?.extensions['retryAfterSeconds'] as number;
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  await phoneAt(THERE).claim(code);
});

test('what has ended an hour ago counts no longer, but what is still under way does', async () => {
  await phoneAt(HERE).claim(code);
  await moreClaims(LIMIT, 'EXPIRED', 61);
  await phoneAt(HERE).claim(code);
  await moreClaims(LIMIT, 'AWAITING_CONFIRMATION', 61);
  expect(codeOf(await phoneAt(HERE).tryClaim(code))).toBe('RATE_LIMITED');
});

test('a claim that becomes active does not count', async () => {
  await phoneAt(HERE).enrol(code);
  const rows = await server.database.query('SELECT 1 FROM activation_claim');
  expect(rows).toEqual([]);
});

test('a phone that has claimed already is not kept from going on', async () => {
  const phone = phoneAt(HERE);
  const task = await phone.claim(code);
  await moreClaims(LIMIT, 'EXPIRED', 1);
  expect(await phone.claim(code)).toEqual(task);
});

test('addresses are forgotten once they count no longer', async () => {
  await phoneAt(HERE).claim(code);
  await moreClaims(2, 'EXPIRED', 61);
  await moreClaims(1, 'EXPIRED', 5);
  const { activationClaims, work } = server.app.services;
  const request = await work.systemRequest('purge', 'purge');
  await work.change(request, (scope) => activationClaims.purge(scope));
  const rows = await server.database.query('SELECT 1 FROM activation_claim');
  expect(rows).toHaveLength(2);
});

test('one phone cannot claim without end', async () => {
  const phone = phoneAt(HERE);
  const codes: string[] = [];
  for (let i = 0; i < 62; i += 1) {
    const { errors } = await phone.tryClaim(code);
    codes.push(errors[0]?.extensions.code ?? 'CLAIMED');
  }
  expect(codes.slice(0, 60)).toEqual(Array<string>(60).fill('CLAIMED'));
  expect(codes.at(-1)).toBe('RATE_LIMITED');
});

test('a claim that nobody goes on with expires by itself', async () => {
  const task = await phoneAt(HERE).claim(code);
  await server.database.query(`UPDATE enrolment SET expires_at = now() WHERE id = $1`, [
    task.enrolmentId,
  ]);
  const status = await eventually(async () => {
    const [row] = await server.database.query<{ status: string }>(
      'SELECT status FROM enrolment WHERE id = $1',
      [task.enrolmentId],
    );
    return row?.status === 'SCANNED' ? undefined : row?.status;
  });
  expect(status).toBe('EXPIRED');
});

test('a code that no project ever had is unknown', async () => {
  expect(codeOf(await phoneAt(HERE).tryClaim('A'.repeat(22)))).toBe('CODE_UNKNOWN');
});

test('a proof of another phone, or for another code, claims nothing', async () => {
  const [phone, other] = [phoneAt(HERE), phoneAt(HERE)];
  const forOther = phone.proof('B'.repeat(22));
  expect(codeOf(await phone.tryClaim(code, forOther))).toBe('DEVICE_PROOF_REJECTED');
  const forged = phone.proof(code, { signer: other.key });
  expect(codeOf(await phone.tryClaim(code, forged))).toBe('DEVICE_PROOF_REJECTED');
});
