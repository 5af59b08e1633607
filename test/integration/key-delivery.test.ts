import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { compactDecrypt } from 'jose';
import { publicKeyHashOf } from '../../src/features/certificates/key-archive/key-envelope';
import { sha256 } from '../../src/kernel/secrets';
import type { DeviceTask } from '../../src/phone/contract';
import { gatherCast, order, statusOf, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { ARCHIVING, recoveryPem } from '../helpers/key-recovery';
import { HonestOrNotPhone, requestFor, type RequestInput } from '../helpers/phone';
import { moveProfile, type ProfileMove } from '../helpers/profiles';
import { eventually, startTestServer, type TestServer } from '../helpers/server';

const ACTIVATE = `mutation ($input: ActivateEnrolmentInput!) { activateEnrolment(input: $input) {
  encryptionKeys { certificateId jwe } profile { id certificates { id kind keyOrigin pem } } } }`;

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer({ environment: { RECOVERY_KEY: recoveryPem() } });
  cast = await gatherCast(server, ARCHIVING);
});
afterAll(() => server.stop());

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwkOf = (key: KeyObject, more: object = {}): string =>
  JSON.stringify({ ...createPublicKey(key).export({ format: 'jwk' }), ...more });
const EC_JWK = jwkOf(EC.privateKey);

interface Claimed {
  readonly task: DeviceTask;
  readonly requests: RequestInput[];
  readonly enrolmentId: string;
}

async function claimed(): Promise<Claimed> {
  const { code, id } = await order(server, cast.alva.token, { projectId: cast.projectId });
  const task = await new HonestOrNotPhone(server).claim(code);
  return { task, requests: [requestFor('AUTHENTICATION', task.challenge)], enrolmentId: id };
}

function activate(
  { task: { deviceToken }, requests }: Pick<Claimed, 'task' | 'requests'>,
  wish: object = { wrappingKey: EC_JWK },
): Promise<GraphqlAnswer<any>> {
  return server.graphql(ACTIVATE, { input: { deviceToken, requests, ...wish } });
}

function acknowledge({
  task: { deviceToken },
}: Pick<Claimed, 'task'>): Promise<GraphqlAnswer<any>> {
  return server.graphql('mutation ($t: String!) { acknowledgeActivation(deviceToken: $t) }', {
    t: deviceToken,
  });
}

test.each([
  ['ECDH-ES+A256KW', EC.privateKey, {}],
  ['ECDH-ES', EC.privateKey, { alg: 'ECDH-ES' }],
  ['ECDH-ES+A256KW', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, { use: 'enc' }],
  ['RSA-OAEP-256', RSA.privateKey, { alg: 'RSA-OAEP-256' }],
])('a server-made key comes as JWE by %s', async (alg, key, more) => {
  const ready = await claimed();
  const { data, errors } = await activate(ready, { wrappingKey: jwkOf(key, more) });
  expect(errors).toEqual([]);
  const { encryptionKeys, profile } = data.activateEnrolment;
  const certificate = profile.certificates.find((one: any) => one.kind === 'ENCRYPTION');
  expect(certificate.keyOrigin).toBe('SERVER');
  expect(encryptionKeys).toEqual([{ certificateId: certificate.id, jwe: expect.any(String) }]);
  const { plaintext, protectedHeader } = await compactDecrypt(encryptionKeys[0].jwe, key);
  expect(protectedHeader).toMatchObject({ alg, enc: 'A256GCM', certificateId: certificate.id });
  const certified = createPublicKey(certificate.pem).export({ format: 'der', type: 'spki' });
  expect(publicKeyHashOf(Buffer.from(plaintext))).toEqual(sha256(certified));
});

test('the same call again gives the very same key, until it is acknowledged', async () => {
  const ready = await claimed();
  const first = await activate(ready);
  const again = await activate(ready);
  expect(again.data).toEqual(first.data);
  expect((await acknowledge(ready)).data.acknowledgeActivation).toBe(true);
  const after = await activate(ready);
  expect(after.data.activateEnrolment.encryptionKeys).toEqual([]);
  expect(after.data.activateEnrolment.profile).toEqual(first.data.activateEnrolment.profile);
  expect((await acknowledge(ready)).data.acknowledgeActivation).toBe(true);
});

test('calls at once give one key', async () => {
  const ready = await claimed();
  const answers = await Promise.all([activate(ready), activate(ready), activate(ready)]);
  expect(new Set(answers.map(({ data }) => JSON.stringify(data))).size).toBe(1);
  expect(answers[0].data.activateEnrolment.encryptionKeys).toHaveLength(1);
});

test('a wrapped key is forgotten after 24 hours', async () => {
  const ready = await claimed();
  const { data } = await activate(ready);
  const profileId = data.activateEnrolment.profile.id as string;
  await server.database.query(
    `UPDATE wrapped_key SET created_at = now() - interval '24 hours 1 second' WHERE profile_id = $1`,
    [profileId],
  );
  expect((await activate(ready)).data.activateEnrolment.encryptionKeys).toEqual([]);
  const { work, keyDelivery } = server.app.services;
  const request = await work.systemRequest('test', 'test');
  await work.change(request, (scope) => keyDelivery.purge(scope));
  const left = await server.database.query('SELECT 1 FROM wrapped_key WHERE profile_id = $1', [
    profileId,
  ]);
  expect(left).toEqual([]);
});

describe('a mobile ID with a key that its phone has not got yet', () => {
  const move = (name: ProfileMove, id: string): Promise<GraphqlAnswer<any>> =>
    moveProfile(server, name, id, { token: cast.operator.token });
  const waiting = (id: string): Promise<unknown[]> =>
    server.database.query('SELECT 1 FROM wrapped_key WHERE profile_id = $1', [id]);

  test('gives it to nobody once it is revoked, and the server forgets it', async () => {
    const ready = await claimed();
    const { id } = (await activate(ready)).data.activateEnrolment.profile;
    expect((await move('revokeProfile', id)).errors).toEqual([]);
    expect(await waiting(id)).toEqual([]);
    const again = await activate(ready);
    expect(again.data.activateEnrolment).toMatchObject({ encryptionKeys: [], profile: { id } });
  });

  test('gives it to nobody while it is suspended, and to its phone after that', async () => {
    const ready = await claimed();
    const first = await activate(ready);
    const { id } = first.data.activateEnrolment.profile;
    expect((await move('deactivateProfile', id)).errors).toEqual([]);
    const refused = await activate(ready);
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'INVALID_TRANSITION',
      from: 'INACTIVE',
    });
    expect(JSON.stringify(refused)).not.toContain('jwe');
    expect((await move('reactivateProfile', id)).errors).toEqual([]);
    expect((await activate(ready)).data).toEqual(first.data);
  });

  test('gives it to nobody once it has run out', async () => {
    const ready = await claimed();
    const { id } = (await activate(ready)).data.activateEnrolment.profile;
    await server.database.query('UPDATE profile SET valid_to = now() WHERE id = $1', [id]);
    expect((await activate(ready)).data.activateEnrolment.encryptionKeys).toEqual([]);
    await eventually(async () => ((await waiting(id)).length === 0 ? true : undefined));
  });
});

test('who repeats the requests with another wrapping key gets nothing', async () => {
  const ready = await claimed();
  await activate(ready);
  const other = jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  expect(codeOf(await activate(ready, { wrappingKey: other }))).toBe('ENROLMENT_COMPLETED');
  expect(codeOf(await activate(ready, {}))).toBe('ENROLMENT_COMPLETED');
});

test('what was not activated cannot be acknowledged', async () => {
  expect(codeOf(await acknowledge(await claimed()))).toBe('INVALID_TRANSITION');
  const foreign = { task: { deviceToken: 'x' } as DeviceTask };
  expect(codeOf(await acknowledge(foreign))).toBe('NOT_FOUND');
});

test.each([
  ['none', {}],
  ['no JSON', { wrappingKey: 'junk' }],
  ['no object', { wrappingKey: '"EC"' }],
  ['a private EC key', { wrappingKey: JSON.stringify(EC.privateKey.export({ format: 'jwk' })) }],
  ['a private RSA key', { wrappingKey: JSON.stringify(RSA.privateKey.export({ format: 'jwk' })) }],
  ['a symmetric key', { wrappingKey: '{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA"}' }],
  ['an Ed25519 key', { wrappingKey: jwkOf(generateKeyPairSync('ed25519').privateKey) }],
  [
    'a P-521 key',
    { wrappingKey: jwkOf(generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey) },
  ],
  [
    'secp256k1',
    { wrappingKey: jwkOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey) },
  ],
  [
    'RSA of 1024 bits',
    { wrappingKey: jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) },
  ],
  [
    'RSA with exponent 3',
    {
      wrappingKey: jwkOf(
        generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey,
      ),
    },
  ],
  ['a point off the curve', { wrappingKey: offCurve() }],
  ['a signing key', { wrappingKey: jwkOf(EC.privateKey, { use: 'sig' }) }],
  ['a key that verifies', { wrappingKey: jwkOf(EC.privateKey, { key_ops: ['verify'] }) }],
  ['RSA 1.5', { wrappingKey: jwkOf(RSA.privateKey, { alg: 'RSA1_5' }) }],
  ['RSA-OAEP with SHA-1', { wrappingKey: jwkOf(RSA.privateKey, { alg: 'RSA-OAEP' }) }],
  ['dir', { wrappingKey: jwkOf(EC.privateKey, { alg: 'dir' }) }],
  ['a certificate chain beside it', { wrappingKey: jwkOf(EC.privateKey, { x5u: 'http://x' }) }],
  ['another algorithm for the key', { wrappingKey: EC_JWK, serverKeyAlgorithm: 'RSA-1024' }],
])('refuses %s as wrapping key, and stores nothing', async (_what, wish) => {
  const ready = await claimed();
  const answer = await activate(ready, wish);
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(JSON.stringify(answer.errors)).not.toContain('"d"');
  expect(await statusOf(server, ready.enrolmentId)).toBe('SCANNED');
});

test.each(['P-256', 'P-384', 'RSA-2048', 'RSA-3072'])(
  'the phone chooses %s among what the task offers',
  async (algorithm) => {
    const ready = await claimed();
    const offered = ready.task.keyRequests.find(({ origin }) => origin === 'SERVER')?.algorithms;
    expect(offered).toContain(algorithm);
    const { data } = await activate(ready, { wrappingKey: EC_JWK, serverKeyAlgorithm: algorithm });
    const [{ jwe }] = data.activateEnrolment.encryptionKeys;
    const { plaintext } = await compactDecrypt(jwe, EC.privateKey);
    const key = createPrivateKey({ key: Buffer.from(plaintext), format: 'der', type: 'pkcs8' });
    const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
    const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384' };
    expect(curves[namedCurve ?? ''] ?? `RSA-${String(modulusLength)}`).toBe(algorithm);
  },
);

test('a failed activation leaves no key behind, neither archived nor wrapped', async () => {
  const ready = await claimed();
  const counts = (): Promise<unknown> =>
    server.database.query(
      'SELECT (SELECT count(*) FROM archived_key) AS archived, (SELECT count(*) FROM wrapped_key) AS wrapped',
    );
  const before = await counts();
  await server.database.query('UPDATE enrolment SET profile_limit = 0 WHERE id = $1', [
    ready.enrolmentId,
  ]);
  expect(codeOf(await activate(ready))).toBe('PROFILE_LIMIT_REACHED');
  expect(await counts()).toEqual(before);
});

function offCurve(): string {
  const jwk = createPublicKey(EC.privateKey).export({ format: 'jwk' });
  return JSON.stringify({ ...jwk, y: jwk.x });
}
