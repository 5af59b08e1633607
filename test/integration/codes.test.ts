import { generateKeyPairSync } from 'node:crypto';
import { claimedOrder, gatherCast, order, tryOrder, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts, rowsOf } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { ecKey } from '../unit/certificates/request-builder';

let server: TestServer;
let cast: Cast;
const here = () => ({ projectId: cast.projectId });
const newOrder = () => order(server, cast.alva.token, here());
const phone = () => new HonestOrNotPhone(server);

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

/** The refusal of a claim that must leave no trace. */
async function refusedClaim(code: string, proof?: string): Promise<string> {
  const before = await rowsOf(server.database);
  const answer = await phone().tryClaim(code, proof);
  expect(await rowsOf(server.database)).toEqual(before);
  return codeOf(answer);
}

function inPast(column: string, id: string): Promise<object[]> {
  return server.database.query(
    `UPDATE enrolment SET ${column} = now() - interval '1 second' WHERE id = $1`,
    [id],
  );
}

describe('a code', () => {
  test.each(['', 'A'.repeat(22), 'not a code at all', 'ä'.repeat(20)])(
    'that nobody was given (%j) is CODE_UNKNOWN',
    async (code) => {
      expect(await refusedClaim(code)).toBe('CODE_UNKNOWN');
    },
  );

  test('that differs in one character is CODE_UNKNOWN', async () => {
    const { code } = await newOrder();
    const other = `${code.startsWith('A') ? 'B' : 'A'}${code.slice(1)}`;
    expect(await refusedClaim(other)).toBe('CODE_UNKNOWN');
  });

  test('of more than 200 characters is INVALID_INPUT at its path', async () => {
    const answer = await phone().tryClaim('z'.repeat(201));
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.code' }]);
  });

  test('that ran out is CODE_EXPIRED, before and after the sweep', async () => {
    const { code, id } = await newOrder();
    await inPast('code_expires_at', id);
    expect(codeOf(await phone().tryClaim(code))).toBe('CODE_EXPIRED');
    await eventually(async () => ((await status(id)) === 'CODE_EXPIRED' ? true : undefined));
    expect(await refusedClaim(code)).toBe('CODE_EXPIRED');
    const [entry] = await server.database.query<{ actor: string }>(
      `SELECT actor FROM audit_entry WHERE action = 'enrolment.expire-code' AND target = $1`,
      [`enrolment:${id}`],
    );
    expect(entry?.actor).toBe('system:expiry');
  });

  test('of an enrolment past its deadline is ENROLMENT_EXPIRED, before and after the sweep', async () => {
    const { code, id } = await newOrder();
    await inPast('expires_at', id);
    expect(codeOf(await phone().tryClaim(code))).toBe('ENROLMENT_EXPIRED');
    await eventually(async () => ((await status(id)) === 'EXPIRED' ? true : undefined));
    expect(await refusedClaim(code)).toBe('ENROLMENT_EXPIRED');
  });

  test('of a cancelled enrolment is ENROLMENT_CANCELLED', async () => {
    const { code, id } = await newOrder();
    await cancel(id);
    expect(await refusedClaim(code)).toBe('ENROLMENT_CANCELLED');
  });

  test('of a superseded enrolment is ENROLMENT_SUPERSEDED', async () => {
    const { code } = await newOrder();
    await newOrder();
    expect(await refusedClaim(code)).toBe('ENROLMENT_SUPERSEDED');
  });

  test('that was used is ENROLMENT_COMPLETED to any phone but its own', async () => {
    const { code } = await newOrder();
    const own = phone();
    const { task } = await own.enrol(code);
    expect(await refusedClaim(code)).toBe('ENROLMENT_COMPLETED');
    expect(await own.claim(code)).toEqual(task);
  });

  test('that was renewed is CODE_EXPIRED, and the new one works', async () => {
    const { code, id } = await newOrder();
    await inPast('code_expires_at', id);
    const { data } = await server.graphql(
      'mutation ($id: ID!) { renewEnrolmentCode(id: $id) { qr { uri } } }',
      { id },
      { token: cast.alva.token },
    );
    expect(await refusedClaim(code)).toBe('CODE_EXPIRED');
    const renewed = (data.renewEnrolmentCode.qr.uri as string).split('#')[1] ?? '';
    expect(renewed).not.toBe(code);
    expect((await phone().claim(renewed)).enrolmentId).toBe(id);
    expect(await refusedClaim(code)).toBe('ENROLMENT_TAKEN');
  });

  test('that a phone has claimed is ENROLMENT_TAKEN to a second phone', async () => {
    const {
      order: placed,
      phone: first,
      task,
    } = await claimedOrder(server, cast.alva.token, cast.projectId);
    expect(await refusedClaim(placed.code)).toBe('ENROLMENT_TAKEN');
    expect(await first.claim(placed.code)).toEqual(task);
  });

  test('that ten phones claim at the same time belongs to one of them', async () => {
    const { code } = await newOrder();
    const answers = await Promise.all(Array.from({ length: 10 }, () => phone().tryClaim(code)));
    const taken = answers.filter(({ errors }) => errors.length > 0);
    expect(taken.map(codeOf)).toEqual(Array.from({ length: 9 }, () => 'ENROLMENT_TAKEN'));
  });

  test('that one phone claims ten times at the same time gives one task', async () => {
    const { code, id } = await newOrder();
    const own = phone();
    const tasks = await Promise.all(Array.from({ length: 10 }, () => own.claim(code)));
    expect(new Set(tasks.map((task) => JSON.stringify(task))).size).toBe(1);
    expect(await events(id)).toEqual(['WAITING_FOR_SCAN', 'SCANNED']);
  });
});

describe('a proof', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const unsecured = (code: string): string => {
    const [, payload] = phone().proof(code).split('.');
    const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'claim+jwt' }));
    return `${header.toString('base64url')}.${payload ?? ''}.`;
  };
  const rsaJwk = () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });

  test.each<[string, (code: string) => string, string]>([
    ['signed with another key', (code) => phone().proof(code, { signer: ecKey() }), 'SIGNATURE'],
    ['for another server', (code) => changed(code, { aud: 'https://evil.example' }), 'AUDIENCE'],
    ['for several servers', (code) => changed(code, { aud: [server.url, 'x'] }), 'AUDIENCE'],
    ['for no server', (code) => changed(code, { aud: undefined }), 'AUDIENCE'],
    ['made two minutes ago', (code) => changed(code, { iat: now() - 120 }), 'TIME'],
    ['made in two minutes', (code) => changed(code, { iat: now() + 120 }), 'TIME'],
    ['made at no time', (code) => changed(code, { iat: undefined }), 'TIME'],
    ['made at a time that is text', (code) => changed(code, { iat: String(now()) }), 'TIME'],
    ['for another code', () => phone().proof('A'.repeat(22)), 'CODE'],
    ['for no code', (code) => changed(code, { cth: undefined }), 'CODE'],
    ['without signature (alg none)', unsecured, 'SIGNATURE'],
    ['that says HS256', (code) => headed(code, { alg: 'HS256' }), 'SIGNATURE'],
    ['that says ES384', (code) => headed(code, { alg: 'ES384' }), 'SIGNATURE'],
    ['of another type', (code) => headed(code, { typ: 'JWT' }), 'FORM'],
    ['of no type', (code) => headed(code, { typ: undefined }), 'FORM'],
    ['without key', (code) => headed(code, { jwk: undefined }), 'SIGNATURE'],
    ['with an RSA key', (code) => headed(code, { jwk: rsaJwk() }), 'SIGNATURE'],
    ['with a critical extension', (code) => headed(code, { crit: ['exp'] }), 'SIGNATURE'],
    ['that is no JWS', () => 'x.y.z', 'SIGNATURE'],
    ['that is empty', () => '', 'SIGNATURE'],
  ])('%s is DEVICE_PROOF_REJECTED', async (_what, proofOf, reason) => {
    const { code } = await newOrder();
    const before = await rowsOf(server.database);
    const answer = await phone().tryClaim(code, proofOf(code));
    expect(codeOf(answer)).toBe('DEVICE_PROOF_REJECTED');
    expect(answer.errors[0]?.extensions['reason']).toBe(reason);
    expect(await rowsOf(server.database)).toEqual(before);
    expect((await phone().claim(code)).enrolmentId).toBeDefined();
  });

  test('that hands over the private key is DEVICE_PROOF_REJECTED', async () => {
    const { code } = await newOrder();
    const careless = phone();
    const jwk = { ...careless.key.export({ format: 'jwk' }) };
    const answer = await careless.tryClaim(code, careless.proof(code, { header: { jwk } }));
    expect(codeOf(answer)).toBe('DEVICE_PROOF_REJECTED');
  });

  test('a minute old, or ahead, still counts', async () => {
    for (const seconds of [-55, 55]) {
      const { code } = await newOrder();
      const slow = phone();
      const { errors } = await slow.tryClaim(
        code,
        slow.proof(code, { claims: { iat: now() + seconds } }),
      );
      expect(errors).toEqual([]);
    }
  });

  test('of more than 4096 characters is INVALID_INPUT at its path', async () => {
    const { code } = await newOrder();
    const answer = await phone().tryClaim(code, 'x'.repeat(5000));
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.proof' }]);
  });

  function changed(code: string, claims: Record<string, unknown>): string {
    return phone().proof(code, { claims });
  }
  function headed(code: string, header: Record<string, unknown>): string {
    return phone().proof(code, { header });
  }
});

test.each([
  ['name', ''],
  ['name', 'x'.repeat(101)],
  ['name', 'line\nbreak'],
  ['platform', '\u0000'],
  ['model', 'x'.repeat(101)],
])('a phone whose %s is %j is INVALID_INPUT at its path', async (field, text) => {
  const { code } = await newOrder();
  const own = phone();
  const before = await rowsOf(server.database);
  const answer = await own.tryClaim(code, own.proof(code), { ...own.device, [field]: text });
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(answer.errors[0]?.extensions['fields']).toMatchObject([
    { field: `input.device.${field}` },
  ]);
  expect(await rowsOf(server.database)).toEqual(before);
});

test('a phone need not tell its model', async () => {
  const { code } = await newOrder();
  const own = phone();
  const { errors } = await own.tryClaim(code, own.proof(code), { name: 'P', platform: 'Q' });
  expect(errors).toEqual([]);
});

describe('an order', () => {
  test.each<[string, Record<string, unknown>, string, string | undefined]>([
    ['of an unknown project', { projectId: 'x' }, 'NOT_FOUND', undefined],
    ['of nothing', { certificates: [] }, 'INVALID_INPUT', 'input.certificates'],
    [
      'of one kind twice',
      { certificates: ['SIGNATURE', 'SIGNATURE'] },
      'INVALID_INPUT',
      'input.certificates',
    ],
    ['of no such kind', { certificates: ['x'] }, 'INVALID_INPUT', 'input.certificates.0'],
    ['by text message', { channel: 'SMS' }, 'CHANNEL_NOT_AVAILABLE', undefined],
    ['for no day', { validityDays: 0 }, 'INVALID_INPUT', 'input.validityDays'],
    ['for too many days', { validityDays: 731 }, 'INVALID_INPUT', 'input.validityDays'],
    ['with an empty key', { idempotencyKey: '' }, 'INVALID_INPUT', 'input.idempotencyKey'],
    [
      'with an overlong key',
      { idempotencyKey: 'x'.repeat(201) },
      'INVALID_INPUT',
      'input.idempotencyKey',
    ],
    ['with a NUL in its key', { idempotencyKey: 'a\0' }, 'INVALID_INPUT', 'input.idempotencyKey'],
  ])('%s is refused, and nothing changes', async (_what, input, code, field) => {
    await newOrder();
    const before = await rowsOf(server.database);
    const answer = await tryOrder(server, cast.alva.token, { ...here(), ...input });
    expect(codeOf(answer)).toBe(code);
    const fields = answer.errors[0]?.extensions['fields'] as { field: string }[] | undefined;
    expect(fields?.[0]?.field).toBe(field);
    expect(await rowsOf(server.database)).toEqual(before);
  });
});

async function status(id: string): Promise<string | undefined> {
  return (await events(id)).at(-1);
}

async function events(id: string): Promise<string[]> {
  const rows = await server.database.query<{ status: string }>(
    'SELECT status FROM enrolment_event WHERE enrolment_id = $1 ORDER BY number',
    [id],
  );
  return rows.map((event) => event.status);
}

async function cancel(id: string): Promise<void> {
  const { errors } = await server.graphql(
    'mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }',
    { id },
    { token: cast.alva.token },
  );
  expect(errors).toEqual([]);
}
