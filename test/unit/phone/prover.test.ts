import { createHash, randomBytes } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';
import type {
  AnswerMobileIdChallengeInput,
  MobileIdChallenge,
} from '../../../src/phone/contract.js';
import { generateKeyPair, type KeyAlgorithm } from '../../../src/phone/keys/key-algorithm.js';
import { MemoryKeyStore, type StoredMobileId } from '../../../src/phone/keys/key-store.js';
import { NO_ANSWER, PHONE_PROBLEMS, PhoneError, ServerError } from '../../../src/phone/problem.js';
import { PROBLEMS } from '../../../src/kernel/errors.js';
import { proofAdviceOn } from '../../../src/phone/proofs/proof-advice.js';
import type { ProofApi } from '../../../src/phone/proofs/proof-api.js';
import { Prover, type ProverOptions } from '../../../src/phone/proofs/prover.js';

const CODE = 'q83vEjRWeJCrze8SNFZ4kA';
const SERVER_URL = 'https://id.example';
const NOW = new Date('2026-01-15T10:00:00.000Z');
const NONCE = 'bm9uY2U';

class FakeProofServer implements ProofApi {
  readonly answers: AnswerMobileIdChallengeInput[] = [];
  readonly rejected: string[] = [];
  readonly failures: Error[] = [];
  hints: readonly string[] = [];

  challenge(): Promise<MobileIdChallenge> {
    return Promise.resolve({
      id: 'proof-1',
      nonce: NONCE,
      displayName: 'Alva',
      address: '192.0.2.7',
      userAgent: null,
      hints: this.hints,
      expiresAt: '2026-01-15T10:03:00.000Z',
    });
  }

  answer(input: AnswerMobileIdChallengeInput): Promise<void> {
    this.answers.push(input);
    const failure = this.failures.shift();
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  }

  reject(code: string): Promise<void> {
    this.rejected.push(code);
    return Promise.resolve();
  }
}

async function mobileId(
  id: string,
  {
    algorithm = 'P-256',
    serverUrl = SERVER_URL,
  }: { algorithm?: KeyAlgorithm; serverUrl?: string } = {},
) {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));
  const digest = randomBytes(32);
  const fingerprint = Array.from(digest, (octet) =>
    octet.toString(16).padStart(2, '0').toUpperCase(),
  ).join(':');
  const stored: StoredMobileId = {
    serverUrl,
    enrolmentId: id,
    storedAt: NOW,
    chain: [],
    keys: [{ kind: 'AUTHENTICATION', algorithm, privateKey, publicKey: spki }],
    profile: {
      ...{ id, name: 'Staff', accountName: 'alva', serverName: 'Example', state: 'ACTIVE' },
      ...{ validFrom: '', validTo: '' },
      certificates: [
        {
          ...{ id, kind: 'AUTHENTICATION', status: 'VALID', serialNumber: '', subject: '' },
          ...{ issuer: '', notBefore: '', notAfter: '', pem: '', fingerprint },
        },
      ],
    },
  };
  const hint = createHash('sha256').update(`${NONCE}.${fingerprint}`).digest('base64url');
  return { stored, hint, digest, publicKey };
}

async function setUp(change: Partial<ProverOptions> = {}, algorithm: KeyAlgorithm = 'P-256') {
  const server = new FakeProofServer();
  const store = new MemoryKeyStore();
  const own = await mobileId('own', { algorithm });
  await store.storeMobileId(own.stored);
  server.hints = ['of-another-phone', own.hint];
  const pauses: number[] = [];
  const prover = new Prover({
    serverUrl: SERVER_URL,
    api: server,
    store,
    now: () => NOW,
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    ...change,
  });
  return { prover, server, store, own, pauses };
}

test.each([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['RSA-2048', 'RS256'],
] as const)('a %s key signs %s over server, question, number and time', async (algorithm, alg) => {
  const { prover, server, own } = await setUp({}, algorithm);
  await prover.answer(await prover.open(CODE), '42');
  const [sent] = server.answers;
  expect(sent?.code).toBe(CODE);
  expect(decodeProtectedHeader(sent?.answer ?? '')).toEqual({
    alg,
    typ: 'mobile-id+jwt',
    'x5t#S256': own.digest.toString('base64url'),
  });
  const { payload } = await compactVerify(sent?.answer ?? '', own.publicKey, { algorithms: [alg] });
  expect(JSON.parse(Buffer.from(payload).toString())).toEqual({
    aud: SERVER_URL,
    jti: 'proof-1',
    nonce: NONCE,
    number: '42',
    iat: NOW.getTime() / 1000,
  });
});

test('of several mobile IDs the one that may answer does', async () => {
  const { prover, store, server } = await setUp();
  const other = await mobileId('other');
  await store.storeMobileId(other.stored);
  server.hints = [other.hint];
  expect((await prover.open(CODE)).mobileId.profile.id).toBe('other');
});

test.each([
  ['none of its mobile IDs may answer', SERVER_URL],
  ['the one that may is of another server', 'https://other.example'],
])('a phone where %s says so, and signs nothing', async (_, serverUrl) => {
  const { prover, server, store } = await setUp();
  const other = await mobileId('other', { serverUrl });
  if (serverUrl !== SERVER_URL) await store.storeMobileId(other.stored);
  server.hints = serverUrl === SERVER_URL ? ['unknown'] : [other.hint];
  await expect(prover.open(CODE)).rejects.toMatchObject({ code: 'NO_MATCHING_MOBILE_ID' });
  expect(server.answers).toEqual([]);
});

test.each(['', '7', '123', ' 4', 'ab', '٤٢'])(
  '%p is no number, and is not sent',
  async (number) => {
    const { prover, server } = await setUp();
    const question = await prover.open(CODE);
    await expect(prover.answer(question, number)).rejects.toMatchObject({
      code: 'NUMBER_NOT_UNDERSTOOD',
    });
    expect(server.answers).toEqual([]);
  },
);

test('after a lost answer the very same one goes out again', async () => {
  const { prover, server, pauses } = await setUp();
  server.failures.push(new ServerError(NO_ANSWER, 'lost'));
  await prover.answer(await prover.open(CODE), '42');
  expect(server.answers).toHaveLength(2);
  expect(server.answers[0]).toEqual(server.answers[1]);
  expect(pauses).toEqual([500]);
});

test('a phone whose clock is wrong signs again by the clock of the server', async () => {
  const { prover, server } = await setUp();
  const serverTime = new Date('2026-01-15T11:00:00.000Z');
  server.failures.push(new ServerError('DEVICE_PROOF_REJECTED', 'refused', {}, { serverTime }));
  await prover.answer(await prover.open(CODE), '42');
  const [, second] = server.answers.map(({ answer }) =>
    JSON.parse(atob(answer.split('.')[1] ?? '')),
  );
  expect(second.iat).toBe(serverTime.getTime() / 1000);
});

test('a wrong number is not tried again', async () => {
  const { prover, server } = await setUp();
  server.failures.push(new ServerError('CONFIRMATION_WRONG', 'refused'));
  await expect(prover.answer(await prover.open(CODE), '42')).rejects.toMatchObject({
    code: 'CONFIRMATION_WRONG',
  });
  expect(server.answers).toHaveLength(1);
});

test('saying no needs no mobile ID', async () => {
  const { prover, server } = await setUp();
  await prover.reject(CODE);
  expect(server.rejected).toEqual([CODE]);
});

test.each([...Object.keys(PROBLEMS), NO_ANSWER])('%s is told in words about a question', (code) => {
  const { title, next } = proofAdviceOn(new ServerError(code, 'refused'));
  expect(title).not.toBe('');
  expect(next).not.toBe('');
});

test.each(['CODE_UNKNOWN', 'CODE_EXPIRED', 'INVALID_TRANSITION', 'CONFIRMATION_WRONG'])(
  '%s speaks of the page that asked, not of an order',
  (code) => {
    const { next, retry } = proofAdviceOn(new ServerError(code, 'refused'));
    expect(next).toMatch(/page/);
    expect(next).not.toMatch(/order/i);
    expect(retry).toBe(false);
  },
);

test('a slip of the finger before anything was sent may be corrected', () => {
  const advice = proofAdviceOn(new PhoneError('NUMBER_NOT_UNDERSTOOD'));
  expect(advice).toMatchObject({ title: PHONE_PROBLEMS.NUMBER_NOT_UNDERSTOOD, retry: true });
});
