import { createHash } from 'node:crypto';
import { compactVerify, decodeJwt, EmbeddedJWK } from 'jose';
import type {
  ActivatedMobileId,
  RenewalTask,
  RenewMobileIdInput,
} from '../../../src/phone/contract.js';
import { makeRequest } from '../../../src/phone/certificate-request.js';
import { makeDeviceKey } from '../../../src/phone/keys/device-key.js';
import { MemoryKeyStore, type StoredMobileId } from '../../../src/phone/keys/key-store.js';
import { NO_ANSWER, ServerError } from '../../../src/phone/problem.js';
import { renewalAdviceOn } from '../../../src/phone/renewal/renewal-advice.js';
import type { RenewalApi } from '../../../src/phone/renewal/renewal-api.js';
import { Renewer } from '../../../src/phone/renewal/renewer.js';
import { fakeAuthority, FakeServer, type FakeAuthority } from './fake-server.js';

const SERVER_URL = 'https://id.example';
const NOW = new Date('2026-01-15T10:00:00.000Z');
const KINDS = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;

class FakeRenewalServer implements RenewalApi {
  readonly renewals: RenewMobileIdInput[] = [];
  readonly acknowledged: string[] = [];
  readonly asked: string[] = [];
  /** Thrown after the call has taken effect, one per call, in order. */
  readonly failures: Error[] = [];
  readonly acknowledgeFailures: Error[] = [];
  readonly taskFailures: Error[] = [];
  renewableFrom = '2026-01-01T00:00:00.000Z';

  constructor(
    private readonly server: FakeServer,
    private readonly before: StoredMobileId,
  ) {}

  task(proof: string): Promise<RenewalTask> {
    this.asked.push(proof);
    const { id: profileId, name: profileName, accountName, serverName } = this.before.profile;
    const keyRequests = KINDS.map((kind) => ({
      kind,
      origin: 'DEVICE' as const,
      algorithms: ['P-256'],
    }));
    const { renewableFrom } = this;
    const names = { profileId, profileName, accountName, serverName };
    const endsAt = '2026-02-01T00:00:00.000Z';
    const task = {
      ...names,
      keyRequests,
      renewableFrom,
      endsAt,
      challenge: 'c'.repeat(32),
      needsWrappingKey: false,
    };
    return answerOr(this.taskFailures, task);
  }

  /** Also shows the old certificates, which are still good. */
  async renew(input: RenewMobileIdInput): Promise<ActivatedMobileId> {
    this.renewals.push(input);
    const { requests } = input;
    const fresh = await this.server.activateEnrolment({ deviceToken: '', requests });
    const certificates = fresh.profile.certificates.map((each) => ({
      ...each,
      fingerprint: '0A:0B',
    }));
    const all = [...this.before.profile.certificates, ...certificates];
    const answer = { ...fresh, profile: { ...fresh.profile, certificates: all } };
    return answerOr(this.failures, answer);
  }

  acknowledge(proof: string): Promise<void> {
    this.acknowledged.push(proof);
    return answerOr(this.acknowledgeFailures, undefined);
  }
}

function answerOr<T>(failures: Error[], answer: T): Promise<T> {
  const failure = failures.shift();
  return failure === undefined ? Promise.resolve(answer) : Promise.reject(failure);
}

let authority: FakeAuthority;
beforeAll(async () => {
  authority = await fakeAuthority();
});

async function setUp(kinds: readonly (typeof KINDS)[number][] = KINDS) {
  const store = new MemoryKeyStore();
  const device = await store.saveDeviceKey(await makeDeviceKey());
  const server = new FakeServer(authority);
  const made = await Promise.all(
    kinds.map((kind) =>
      makeRequest({ kind, algorithm: 'P-256', commonName: 'alva', challenge: 'x' }),
    ),
  );
  const { profile, chain } = await server.activateEnrolment({ deviceToken: '', requests: made });
  const keys = made.map(({ csr: _csr, ...key }) => key);
  const before = { serverUrl: SERVER_URL, enrolmentId: 'e', storedAt: NOW, profile, chain, keys };
  await store.storeMobileId(before);
  const api = new FakeRenewalServer(server, before);
  const options = { serverUrl: SERVER_URL, api, store, pause: () => Promise.resolve() };
  const renewer = new Renewer({ ...options, now: () => NOW });
  return { api, before, device, keys, options, renewer, server, store, id: profile.id };
}

const noAnswer = () => new ServerError(NO_ANSWER, 'It does not answer.');
const refused = (code: string) => new ServerError(code, 'No.');

test('a renewed mobile ID stands in place of the old one, and keeps the old encryption key alone', async () => {
  const { before, renewer, store, id } = await setUp();
  const renewed = await renewer.renew(id);
  expect(await store.listMobileIds()).toEqual([renewed]);
  expect(renewed.keys.map(({ kind }) => kind)).toEqual([...KINDS, 'ENCRYPTION']);
  expect(renewed.keys[3]?.privateKey).toBe(before.keys[2]?.privateKey);
  expect(renewed.profile.certificates.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
    'AUTHENTICATION VALID',
    'SIGNATURE VALID',
    'ENCRYPTION VALID',
    'ENCRYPTION REVOKED',
  ]);
  expect(await renewer.isPending(id)).toBe(false);
});

test('the proof is signed by the phone over the present key, for these requests and this server', async () => {
  const { api, device, keys, renewer, id } = await setUp();
  await renewer.renew(id);
  const [renewal] = api.renewals;
  const { payload, protectedHeader } = await compactVerify(renewal?.proof ?? '', EmbeddedJWK);
  expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'renewal+jwt', jwk: device.publicJwk });
  const outer = JSON.parse(Buffer.from(payload).toString()) as Record<string, string>;
  const iat = NOW.getTime() / 1000;
  expect(outer).toMatchObject({ aud: SERVER_URL, iat, sub: id });
  const spki = await crypto.subtle.importKey(
    'spki',
    keys[0]?.publicKey ?? new Uint8Array(),
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['verify'],
  );
  const inner = await compactVerify(outer['key'] ?? '', spki);
  expect(inner.protectedHeader).toEqual({
    alg: 'ES256',
    typ: 'renewal-key+jwt',
    'x5t#S256': Buffer.from('ABCD', 'hex').toString('base64url'),
  });
  const text = renewal?.requests.map(({ kind, csr }) => `${kind}\n${csr}`).join('') ?? '';
  const rqh = createHash('sha256').update(text).digest('base64url');
  expect(JSON.parse(Buffer.from(inner.payload).toString())).toEqual({ aud: SERVER_URL, iat, rqh });
});

test('the new key says that the certificates are stored', async () => {
  const { api, renewer, id } = await setUp();
  await renewer.renew(id);
  expect(api.acknowledged).toHaveLength(1);
  const { key } = decodeJwt(api.acknowledged[0] ?? '');
  const header = JSON.parse(Buffer.from(String(key).split('.')[0] ?? '', 'base64url').toString());
  expect(header['x5t#S256']).toBe(Buffer.from('0A0B', 'hex').toString('base64url'));
});

test('after a lost answer the very same requests go out again', async () => {
  const { api, renewer, id } = await setUp();
  api.failures.push(noAnswer(), noAnswer());
  await renewer.renew(id);
  expect(api.renewals).toHaveLength(3);
  expect(new Set(api.renewals.map(({ requests }) => JSON.stringify(requests))).size).toBe(1);
});

test('a phone that was switched off in between goes on with the same requests', async () => {
  const { api, options, renewer, id } = await setUp();
  api.failures.push(...Array.from({ length: 6 }, noAnswer));
  await expect(renewer.renew(id)).rejects.toMatchObject({ code: NO_ANSWER });
  expect(await renewer.isPending(id)).toBe(true);
  const later = new Renewer({ ...options, now: () => NOW });
  await later.renew(id);
  expect(new Set(api.renewals.map(({ requests }) => JSON.stringify(requests))).size).toBe(1);
});

test('an acknowledgement that got lost is said again, and nothing is renewed twice', async () => {
  const { api, renewer, id } = await setUp();
  api.acknowledgeFailures.push(...Array.from({ length: 6 }, noAnswer));
  const renewed = await renewer.renew(id);
  expect(await renewer.isPending(id)).toBe(true);
  expect(await renewer.renew(id)).toEqual(renewed);
  expect(api.renewals).toHaveLength(1);
  expect(api.acknowledged).toHaveLength(7);
  expect(await renewer.isPending(id)).toBe(false);
});

test('certificates for other keys are not stored, and the old ones stay', async () => {
  const { before, renewer, server, store, id } = await setUp();
  server.forge = (answer) => ({ ...answer, chain: answer.chain.slice(1) });
  await expect(renewer.renew(id)).rejects.toMatchObject({ code: 'ANSWER_REJECTED' });
  expect(await store.listMobileIds()).toEqual([before]);
});

test.each([
  ['CSR_REJECTED', false],
  ['CONFLICT', false],
  ['INVALID_TRANSITION', true],
])('after %s the requests are kept: %s', async (code, isKept) => {
  const { api, before, renewer, store, id } = await setUp();
  api.failures.push(refused(code));
  await expect(renewer.renew(id)).rejects.toMatchObject({ code });
  expect(await renewer.isPending(id)).toBe(isKept);
  expect(await store.listMobileIds()).toEqual([before]);
});

test('before its time no key is made', async () => {
  const { api, renewer, id } = await setUp();
  api.renewableFrom = '2026-01-16T00:00:00.000Z';
  await expect(renewer.renew(id)).rejects.toMatchObject({
    code: 'RENEWABLE_LATER',
    detail: 'From 2026-01-16 on.',
  });
  expect(api.renewals).toEqual([]);
  expect(await renewer.isPending(id)).toBe(false);
});

test('a clock that is off is corrected by the server’s', async () => {
  const { api, renewer, id } = await setUp();
  const serverTime = new Date('2026-01-15T12:00:00.000Z');
  api.taskFailures.push(new ServerError('DEVICE_PROOF_REJECTED', 'No.', {}, { serverTime }));
  await renewer.renew(id);
  const times = api.asked.map((proof) => decodeJwt(proof).iat);
  expect(times).toEqual([NOW.getTime() / 1000, serverTime.getTime() / 1000]);
});

test('one that is not on this phone, or has keys for encryption alone, cannot be renewed', async () => {
  const { before, renewer, store } = await setUp(['ENCRYPTION']);
  await expect(renewer.renew('other')).rejects.toMatchObject({ code: 'NO_SUCH_MOBILE_ID' });
  await expect(renewer.renew(before.profile.id)).rejects.toMatchObject({ code: 'NOT_RENEWABLE' });
  expect(await renewer.look(before)).toBeUndefined();
  expect(await store.listMobileIds()).toEqual([before]);
});

test('one that another has replaced is not renewed, and the server is not asked', async () => {
  const { api, before, renewer, store, id } = await setUp();
  const replaced = { ...before, replacedBy: 'profile-2' };
  await store.storeMobileId(replaced);
  expect(await renewer.look(replaced)).toBeUndefined();
  await expect(renewer.renew(id)).rejects.toMatchObject({ code: 'REPLACED' });
  expect(api.asked).toEqual([]);
});

test('what the server refuses has words of its own, and a lost connection the usual ones', () => {
  expect(renewalAdviceOn(refused('INVALID_TRANSITION'))).toMatchObject({
    title: 'This mobile ID cannot be renewed',
    retry: false,
  });
  expect(renewalAdviceOn(noAnswer())).toMatchObject({ code: NO_ANSWER, retry: true });
});
