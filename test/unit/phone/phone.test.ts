import { jwtVerify, EmbeddedJWK } from 'jose';
import { MemoryKeyStore } from '../../../src/phone/keys/key-store.js';
import { Phone, type PhoneOptions, type Progress } from '../../../src/phone/phone.js';
import { NO_ANSWER, ServerError } from '../../../src/phone/problem.js';
import { fakeAuthority, FakeServer, TASK, type FakeAuthority } from './fake-server.js';

const CODE = 'q83vEjRWeJCrze8SNFZ4kA';
const NOW = new Date('2026-01-15T10:00:00.000Z');
const SERVER_URL = 'https://id.example';
const WITH_CONFIRMATION = { ...TASK, confirmationCode: '123456' };

let authority: FakeAuthority;
beforeAll(async () => {
  authority = await fakeAuthority();
});

function setUp(change: Partial<PhoneOptions> = {}) {
  const server = new FakeServer(authority);
  const store = new MemoryKeyStore();
  const steps: Progress[] = [];
  const pauses: number[] = [];
  const options: PhoneOptions = {
    serverUrl: SERVER_URL,
    api: server,
    store,
    device: { name: 'Test phone', platform: 'Test' },
    now: () => NOW,
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    report: (progress) => steps.push(progress),
    ...change,
  };
  return { phone: new Phone(options), options, server, store, steps, pauses };
}

const noAnswer = (): ServerError => new ServerError(NO_ANSWER, 'lost');
const refusal = (code: string): ServerError => new ServerError(code, 'refused');

describe('claiming', () => {
  test('sends a fresh proof for this server and code', async () => {
    const { phone, server } = setUp();
    await phone.claim(CODE);
    const [claim] = server.claims;
    expect(claim).toMatchObject({ code: CODE, device: { name: 'Test phone', platform: 'Test' } });
    const { payload } = await jwtVerify(claim?.proof ?? '', EmbeddedJWK, { currentDate: NOW });
    expect(payload).toMatchObject({ aud: SERVER_URL, iat: NOW.getTime() / 1000 });
  });

  test('uses the same device key every time', async () => {
    const { phone, server, store } = setUp();
    await phone.claim(CODE);
    await phone.claim(CODE);
    const keys = await Promise.all(
      server.claims.map(
        async ({ proof }) =>
          (await jwtVerify(proof, EmbeddedJWK, { currentDate: NOW })).protectedHeader.jwk,
      ),
    );
    expect(keys[0]).toEqual((await store.loadDeviceKey())?.publicJwk);
    expect(keys[1]).toEqual(keys[0]);
  });

  test('is repeated after a lost answer, with growing pauses', async () => {
    const { phone, server, pauses } = setUp();
    server.claimFailures = [noAnswer(), noAnswer()];
    await expect(phone.claim(CODE)).resolves.toEqual(TASK);
    expect(server.claims).toHaveLength(3);
    expect(pauses).toEqual([500, 1000]);
  });

  test('gives up in the end when no answer comes', async () => {
    const { phone, server } = setUp();
    server.claimFailures = Array.from({ length: 20 }, noAnswer);
    await expect(phone.claim(CODE)).rejects.toMatchObject({ code: NO_ANSWER });
    expect(server.claims).toHaveLength(6);
  });

  test('waits as long as a rate limit asks', async () => {
    const { phone, server, pauses } = setUp();
    server.claimFailures = [new ServerError('RATE_LIMITED', 'slow down', { retryAfterSeconds: 7 })];
    await phone.claim(CODE);
    expect(pauses).toEqual([7000]);
  });

  test('does not wait for a rate limit of hours', async () => {
    const { phone, server } = setUp();
    server.claimFailures = [new ServerError('RATE_LIMITED', 'no', { retryAfterSeconds: 7200 })];
    await expect(phone.claim(CODE)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  test('does not repeat a refusal and keeps nothing of it', async () => {
    const { phone, server, store } = setUp();
    server.claimFailures = [refusal('ENROLMENT_TAKEN')];
    await expect(phone.claim(CODE)).rejects.toMatchObject({ code: 'ENROLMENT_TAKEN' });
    expect(server.claims).toHaveLength(1);
    expect(await store.loadPending()).toBeUndefined();
  });

  test('goes by the clock of the server where its own is wrong', async () => {
    const { phone, server } = setUp();
    const serverTime = new Date('2026-01-15T13:00:00.000Z');
    server.claimFailures = [new ServerError('DEVICE_PROOF_REJECTED', 'iat', {}, { serverTime })];
    await phone.claim(CODE);
    const proof = server.claims[1]?.proof ?? '';
    const { payload } = await jwtVerify(proof, EmbeddedJWK, { currentDate: serverTime });
    expect(payload.iat).toBe(serverTime.getTime() / 1000);
  });

  test('believes a rejected proof where the clocks agree', async () => {
    const { phone, server } = setUp();
    const refused = new ServerError('DEVICE_PROOF_REJECTED', 'aud', {}, { serverTime: NOW });
    server.claimFailures = [refused];
    await expect(phone.claim(CODE)).rejects.toBe(refused);
    expect(server.claims).toHaveLength(1);
  });

  test('keeps the task, and the code only as its hash', async () => {
    const { phone, store } = setUp();
    await phone.claim(CODE);
    const pending = await store.loadPending();
    expect(pending?.task).toEqual(TASK);
    expect(JSON.stringify(pending)).not.toContain(CODE);
  });
});

describe('completing', () => {
  test('sends one request for each key and stores the mobile ID', async () => {
    const { phone, server, store, steps } = setUp();
    await phone.claim(CODE);
    const mobileId = await phone.complete();
    expect(server.activations[0]?.requests.map(({ kind }) => kind)).toEqual([
      'AUTHENTICATION',
      'SIGNATURE',
    ]);
    expect(mobileId).toMatchObject({ serverUrl: SERVER_URL, storedAt: NOW });
    expect(mobileId.keys.map(({ privateKey }) => privateKey.extractable)).toEqual([false, false]);
    expect(await store.listMobileIds()).toEqual([mobileId]);
    expect(await store.loadPending()).toBeUndefined();
    expect(steps.map(({ step }) => step)).toEqual([
      'CLAIMING',
      'CLAIMED',
      'MAKING_KEY',
      'MAKING_KEY',
      'ACTIVATING',
      'CHECKING',
      'STORED',
    ]);
  });

  test('sends byte-identical requests again after a lost answer', async () => {
    const { phone, server } = setUp();
    server.activationFailures = [noAnswer(), noAnswer()];
    await phone.claim(CODE);
    await phone.complete();
    expect(server.activations).toHaveLength(3);
    expect(server.activations[1]).toEqual(server.activations[0]);
    expect(server.activations[2]).toEqual(server.activations[0]);
  });

  test('goes on after a restart of the phone with the same requests', async () => {
    const { phone, options, server } = setUp();
    server.activationFailures = Array.from({ length: 6 }, noAnswer);
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code: NO_ANSWER });
    await new Phone(options).complete();
    expect(server.activations).toHaveLength(7);
    expect(server.activations[6]).toEqual(server.activations[0]);
  });

  test('sends the same requests after the code was claimed again', async () => {
    const { phone, server } = setUp();
    server.activationFailures = Array.from({ length: 6 }, noAnswer);
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code: NO_ANSWER });
    await phone.claim(CODE);
    await phone.complete();
    expect(server.activations[6]).toEqual(server.activations[0]);
  });

  test('makes new keys for another enrolment', async () => {
    const { phone, server } = setUp();
    server.activationFailures = Array.from({ length: 6 }, noAnswer);
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code: NO_ANSWER });
    server.task = { ...TASK, enrolmentId: 'enrolment-2', challenge: 'another-challenge' };
    await phone.claim('another-code-of-22-chars');
    await phone.complete();
    expect(server.activations[6]?.requests[0]?.csr).not.toBe(
      server.activations[0]?.requests[0]?.csr,
    );
  });

  test('takes the algorithm the caller insists on', async () => {
    const { phone, steps } = setUp({ algorithm: 'RSA-2048' });
    await phone.claim(CODE);
    await phone.complete();
    const made = steps.filter((it) => it.step === 'MAKING_KEY');
    expect(made.map(({ algorithm }) => algorithm)).toEqual(['RSA-2048', 'RSA-2048']);
  });

  test.each(['AUTHENTICATION', 'SIGNATURE'] as const)(
    'refuses to take a %s key from the server',
    async (kind) => {
      const { phone, server } = setUp();
      server.task = {
        ...TASK,
        keyRequests: [{ kind, origin: 'SERVER', algorithms: ['P-256'] }],
        needsWrappingKey: true,
      };
      await phone.claim(CODE);
      await expect(phone.complete()).rejects.toMatchObject({ code: 'TASK_NOT_SUPPORTED' });
      expect(server.activations).toEqual([]);
    },
  );

  test('sends the very same wrapping key again after a lost answer', async () => {
    const { phone, server } = setUp();
    server.task = { ...TASK, needsWrappingKey: true };
    server.activationFailures = [
      new ServerError(NO_ANSWER, 'lost'),
      new ServerError(NO_ANSWER, 'lost'),
    ];
    await phone.claim(CODE);
    await phone.complete();
    const sent = server.activations.map(({ wrappingKey }) => wrappingKey);
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(1);
    expect(JSON.parse(sent[0] ?? '')).not.toHaveProperty('d');
    expect(server.acknowledged).toEqual([]);
  });

  test('takes no wrapped key that it has not asked for', async () => {
    const { phone, server } = setUp();
    server.wrap = () => Promise.resolve([{ certificateId: 'x', jwe: 'a.b.c.d.e' }]);
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code: 'ANSWER_REJECTED' });
    expect(server.acknowledged).toEqual([]);
  });

  test('makes new keys after the server refused the requests', async () => {
    const { phone, server } = setUp();
    server.activationFailures = [refusal('CSR_REJECTED')];
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code: 'CSR_REJECTED' });
    await phone.complete();
    expect(server.activations[1]?.requests[0]?.csr).not.toBe(
      server.activations[0]?.requests[0]?.csr,
    );
  });

  test.each(['ENROLMENT_CANCELLED', 'ENROLMENT_EXPIRED', 'ENROLMENT_SUPERSEDED'])(
    'forgets the enrolment after %s',
    async (code) => {
      const { phone, server, store } = setUp();
      server.activationFailures = [refusal(code)];
      await phone.claim(CODE);
      await expect(phone.complete()).rejects.toMatchObject({ code });
      expect(await store.loadPending()).toBeUndefined();
    },
  );

  test('asks for nothing where the mobile ID of the enrolment is stored already', async () => {
    const { phone, server, store } = setUp();
    await phone.claim(CODE);
    const first = await phone.complete();
    await phone.claim(CODE);
    expect(await phone.complete()).toEqual(first);
    expect(server.activations).toHaveLength(1);
    expect(await store.loadPending()).toBeUndefined();
  });

  test('needs a claim first', async () => {
    await expect(setUp().phone.complete()).rejects.toMatchObject({ code: 'NOTHING_PENDING' });
  });

  test('does not go on with an enrolment that has run out, nor with one of another server', async () => {
    const { phone, options, store } = setUp();
    await phone.claim(CODE);
    const elsewhere = new Phone({ ...options, serverUrl: 'https://other.example' });
    expect(await elsewhere.pending()).toBeUndefined();
    expect(await phone.pending()).toBeDefined();
    const later = new Phone({ ...options, now: () => new Date('2026-03-01T00:00:00Z') });
    expect(await later.pending()).toBeUndefined();
    expect(await store.loadPending()).toBeUndefined();
  });

  test('stops where it is told to', async () => {
    const { phone, server } = setUp();
    await phone.claim(CODE);
    await expect(phone.complete(AbortSignal.abort())).rejects.toThrow(/aborted/);
    expect(server.activations).toEqual([]);
  });
});

describe('confirmation', () => {
  test('is waited for before a key is made', async () => {
    const { phone, server, steps } = setUp();
    server.task = WITH_CONFIRMATION;
    server.statuses = ['SCANNED', 'AWAITING_CONFIRMATION', 'CONFIRMED'];
    await phone.claim(CODE);
    await phone.complete();
    expect(steps.slice(2, 4).map(({ step }) => step)).toEqual([
      'AWAITING_CONFIRMATION',
      'MAKING_KEY',
    ]);
    expect(server.activations).toHaveLength(1);
  });

  test('is waited for where the server asks for it at activation, with the same requests', async () => {
    const { phone, server } = setUp();
    server.activationFailures = [refusal('CONFIRMATION_REQUIRED')];
    server.statuses = ['AWAITING_CONFIRMATION', 'CONFIRMED'];
    await phone.claim(CODE);
    await phone.complete();
    expect(server.activations).toHaveLength(2);
    expect(server.activations[1]).toEqual(server.activations[0]);
  });

  test.each([
    ['CANCELLED', 'ENROLMENT_CANCELLED'],
    ['EXPIRED', 'ENROLMENT_EXPIRED'],
    ['SUPERSEDED', 'ENROLMENT_SUPERSEDED'],
  ] as const)('that ends %s fails with %s and is forgotten', async (status, code) => {
    const { phone, server, store } = setUp();
    server.task = WITH_CONFIRMATION;
    server.statuses = ['AWAITING_CONFIRMATION', status];
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code, ended: true });
    expect(server.activations).toEqual([]);
    expect(await store.loadPending()).toBeUndefined();
  });

  test('that failed says why', async () => {
    const { phone, server } = setUp();
    server.task = WITH_CONFIRMATION;
    server.statuses = ['AWAITING_CONFIRMATION', 'FAILED'];
    server.failure = { code: 'CONFIRMATION_WRONG', message: 'Five wrong codes.' };
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code: 'CONFIRMATION_WRONG' });
  });

  test('whose connection breaks can be waited for again', async () => {
    const { phone, server } = setUp();
    server.task = WITH_CONFIRMATION;
    server.statuses = ['AWAITING_CONFIRMATION'];
    await phone.claim(CODE);
    await expect(phone.complete()).rejects.toMatchObject({ code: NO_ANSWER });
    server.statuses = ['CONFIRMED'];
    await expect(phone.complete()).resolves.toMatchObject({ profile: { state: 'ACTIVE' } });
  });
});

describe('cancelling', () => {
  test('ends the enrolment on the server and forgets it here', async () => {
    const { phone, server, store } = setUp();
    await phone.claim(CODE);
    await phone.cancel();
    expect(server.cancelled).toEqual([TASK.enrolmentId]);
    expect(await store.loadPending()).toBeUndefined();
  });

  test('of an enrolment that is over already is no failure', async () => {
    const { phone, server, store } = setUp();
    server.cancelFailures = [refusal('ENROLMENT_EXPIRED')];
    await phone.claim(CODE);
    await phone.cancel();
    expect(await store.loadPending()).toBeUndefined();
  });

  test('without anything pending asks nobody', async () => {
    const { phone, server } = setUp();
    await phone.cancel();
    expect(server.cancelled).toEqual([]);
  });
});

describe('watching', () => {
  test('returns when the enrolment is active', async () => {
    const { phone, server } = setUp();
    server.statuses = ['SCANNED', 'ISSUING', 'ACTIVE'];
    await expect(phone.watchForEnd(TASK)).resolves.toBeUndefined();
  });

  test('tells when somebody cancels, and forgets the enrolment', async () => {
    const { phone, server, store } = setUp();
    server.statuses = ['SCANNED', 'CANCELLED'];
    const task = await phone.claim(CODE);
    await expect(phone.watchForEnd(task)).rejects.toMatchObject({ code: 'ENROLMENT_CANCELLED' });
    expect(await store.loadPending()).toBeUndefined();
  });
});
