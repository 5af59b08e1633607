import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { CertificateKind, DeviceTask } from '../../src/phone/contract';
import { claimedOrder, gatherCast, order, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { HonestOrNotPhone, requestFor, type RequestInput } from '../helpers/phone';
import { forgetAttempts, rowsOf } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import {
  buildRequest,
  challengeAttribute,
  ecKey,
  pemOfRequest,
  rsaKey,
  tlv,
} from '../unit/certificates/request-builder';

let server: TestServer;
let cast: Cast;
let alva: { phone: HonestOrNotPhone; task: DeviceTask };

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  alva = await claimedOrder(server, cast.alva.token, cast.projectId);
});
afterAll(() => server.stop());

/** A refusal that must leave no trace; afterwards the phone can still do it right. */
async function refused(requests: readonly RequestInput[]): Promise<GraphqlAnswer<unknown>> {
  const before = await rowsOf(server.database);
  const answer = await alva.phone.tryActivate(alva.task, requests);
  expect(await rowsOf(server.database)).toEqual(before);
  const right = await alva.phone.tryActivate(alva.task, alva.phone.requestsFor(alva.task));
  expect(right.errors).toEqual([]);
  return answer;
}

async function reasonFor(csr: string): Promise<unknown> {
  const good = requestFor('AUTHENTICATION', alva.task.challenge);
  const answer = await refused([good, { kind: 'SIGNATURE', csr }]);
  expect(codeOf(answer)).toBe('CSR_REJECTED');
  expect(answer.errors[0]?.extensions).toMatchObject({ kind: 'SIGNATURE' });
  return answer.errors[0]?.extensions['reason'];
}

const good = (): RequestInput[] => alva.phone.requestsFor(alva.task);
const made = (plan: Parameters<typeof requestFor>[2]): string =>
  requestFor('SIGNATURE', alva.task.challenge, plan).csr;

describe('a certificate request', () => {
  test('without proof of possession is rejected', async () => {
    const stranger = createPublicKey(ecKey()).export({ format: 'der', type: 'spki' });
    expect(await reasonFor(made({ spki: stranger }))).toBe('SIGNATURE');
  });

  test('without a challenge, or with another one, is rejected', async () => {
    expect(await reasonFor(made({ attributes: [] }))).toBe('CHALLENGE');
  });

  test.each(['', 'x', '0'.repeat(32)])('with the challenge %j is rejected', async (challenge) => {
    const attributes = [challengeAttribute(tlv(0x0c, challenge))];
    expect(await reasonFor(made({ attributes }))).toBe('CHALLENGE');
  });

  test('with the challenge of another phone is rejected', async () => {
    const other = await claimedOrder(server, cast.other.token, cast.projectId);
    expect(await reasonFor(requestFor('SIGNATURE', other.task.challenge).csr)).toBe('CHALLENGE');
  });

  test('for an RSA key under 2048 bits is rejected', async () => {
    expect(await reasonFor(made({ privateKey: rsaKey(2047) }))).toBe('WEAK_KEY');
    alva = await claimedOrder(server, cast.alva.token, cast.projectId);
    expect(await reasonFor(made({ privateKey: rsaKey(1024) }))).toBe('WEAK_KEY');
  });

  test('for an RSA key with exponent 3 is rejected', async () => {
    expect(await reasonFor(made({ privateKey: rsaKey(2048, 3) }))).toBe('WEAK_KEY');
  });

  test('for an RSA key with exponent 1 is rejected', async () => {
    const { n } = rsaKey().export({ format: 'jwk' });
    const modulus = Buffer.from(n ?? '', 'base64url');
    const key = tlv(0x30, tlv(0x02, Buffer.of(0), modulus), tlv(0x02, Buffer.of(1)));
    const rsaEncryption = Buffer.from('300d06092a864886f70d0101010500', 'hex');
    const spki = tlv(0x30, rsaEncryption, tlv(0x03, Buffer.of(0), key));
    expect(await reasonFor(made({ privateKey: rsaKey(), spki }))).toBe('WEAK_KEY');
  });

  test.each(['secp256k1', 'P-521', 'brainpoolP256r1'])(
    'for a key on the curve %s is rejected',
    async (curve) => {
      expect(await reasonFor(made({ privateKey: ecKey(curve) }))).toBe('ALGORITHM');
    },
  );

  test.each([
    ['empty', ''],
    ['text', 'garbage'],
    ['a PEM of garbage', pemOfRequest(Buffer.from('garbage'))],
    ['a private key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
    ['binary', '\u0000\u0001\uffff'],
    ['20,000 letters', 'A'.repeat(20_000)],
  ])('that is %s is rejected', async (_what, csr) => {
    expect(await reasonFor(csr)).toBe('MALFORMED');
  });

  test('longer than any request is INVALID_INPUT at its path', async () => {
    const answer = await refused([
      requestFor('AUTHENTICATION', alva.task.challenge),
      { kind: 'SIGNATURE', csr: 'A'.repeat(20_001) },
    ]);
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([
      { field: 'input.requests.1.csr' },
    ]);
  });

  test('of 1 MB of garbage is refused at the door, and the server goes on', async () => {
    const before = await rowsOf(server.database);
    const answer = await alva.phone.tryActivate(alva.task, [
      { kind: 'SIGNATURE', csr: 'A'.repeat(1024 * 1024) },
    ]);
    expect(answer.status).toBe(413);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', limit: 'body' });
    expect(await rowsOf(server.database)).toEqual(before);
    expect((await alva.phone.tryActivate(alva.task, good())).errors).toEqual([]);
  });
});

describe('the requests of a phone', () => {
  const one = (kind: CertificateKind): RequestInput => requestFor(kind, alva.task.challenge);

  test.each<[string, () => RequestInput[]]>([
    ['none', () => []],
    ['one missing', () => [one('AUTHENTICATION')]],
    ['another kind', () => [one('AUTHENTICATION'), one('ENCRYPTION')]],
    ['one too many', () => [one('AUTHENTICATION'), one('SIGNATURE'), one('ENCRYPTION')]],
  ])('are rejected with %s', async (_what, requests) => {
    const answer = await refused(requests());
    expect(codeOf(answer)).toBe('CSR_REJECTED');
    expect(answer.errors[0]?.extensions).toMatchObject({
      reason: 'KINDS',
      wanted: ['AUTHENTICATION', 'SIGNATURE'],
    });
  });

  test('name each kind once', async () => {
    const answer = await refused([one('AUTHENTICATION'), one('AUTHENTICATION')]);
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.requests' }]);
  });

  test('are at most ten', async () => {
    const answer = await refused(Array.from({ length: 11 }, () => one('SIGNATURE')));
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.requests' }]);
  });

  test('do not share a key', async () => {
    const privateKey = ecKey();
    const answer = await refused(
      (['AUTHENTICATION', 'SIGNATURE'] as const).map((kind) =>
        requestFor(kind, alva.task.challenge, { privateKey }),
      ),
    );
    expect(codeOf(answer)).toBe('CSR_REJECTED');
    expect(answer.errors[0]?.extensions['reason']).toBe('KEY_REUSED');
  });

  test.each(['his own', "another user's"])(
    'bring no key that was certified in %s enrolment before',
    async (whose) => {
      const { token } = whose === 'his own' ? cast.alva : cast.other;
      const privateKey = ecKey();
      const earlier = await claimedOrder(server, token, cast.projectId);
      const { errors } = await earlier.phone.tryActivate(earlier.task, [
        requestFor('AUTHENTICATION', earlier.task.challenge, { privateKey }),
        requestFor('SIGNATURE', earlier.task.challenge),
      ]);
      expect(errors).toEqual([]);
      alva = await claimedOrder(server, cast.alva.token, cast.projectId);
      const answer = await refused([
        requestFor('AUTHENTICATION', alva.task.challenge),
        requestFor('SIGNATURE', alva.task.challenge, { privateKey }),
      ]);
      expect(codeOf(answer)).toBe('CSR_REJECTED');
      expect(answer.errors[0]?.extensions['reason']).toBe('KEY_REUSED');
    },
  );

  test('that bring one key to two enrolments at the same time get it certified once', async () => {
    const other = await claimedOrder(server, cast.other.token, cast.projectId);
    const privateKey = ecKey();
    const answers = await Promise.all(
      [alva, other].map(({ phone, task }) =>
        phone.tryActivate(task, [
          requestFor('AUTHENTICATION', task.challenge, { privateKey }),
          requestFor('SIGNATURE', task.challenge),
        ]),
      ),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect(codeOf(answers.find(({ errors }) => errors.length > 0) ?? { errors: [] })).toBe(
      'CSR_REJECTED',
    );
  });

  test('with keys of several types get their certificates', async () => {
    const { errors } = await alva.phone.tryActivate(alva.task, [
      requestFor('AUTHENTICATION', alva.task.challenge, { privateKey: rsaKey() }),
      requestFor('SIGNATURE', alva.task.challenge, { privateKey: ecKey('P-384') }),
    ]);
    expect(errors).toEqual([]);
  });
});

test('a request with any one byte of its signed part or signature changed is rejected, and no row is written', async () => {
  const fixed = requestFor('AUTHENTICATION', alva.task.challenge);
  const privateKey = createPrivateKey(ecKey().export({ format: 'pem', type: 'pkcs8' }));
  const attributes = [challengeAttribute(tlv(0x0c, alva.task.challenge))];
  const der = buildRequest({ privateKey, attributes });
  const before = await rowsOf(server.database);
  const verdicts = new Set<string>();
  for (let at = 0; at < der.length; at += 7) {
    await forgetAttempts(server.database);
    const answers = await Promise.all(
      [0x01, 0x80, 0xff].map((mask) => {
        const changed = Buffer.from(der);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        const csr = pemOfRequest(changed);
        return alva.phone.tryActivate(alva.task, [fixed, { kind: 'SIGNATURE', csr }]);
      }),
    );
    for (const answer of answers) verdicts.add(codeOf(answer));
  }
  expect([...verdicts]).toEqual(['CSR_REJECTED']);
  expect(await rowsOf(server.database)).toEqual(before);
  const whole = { kind: 'SIGNATURE', csr: pemOfRequest(der) } as const;
  expect((await alva.phone.tryActivate(alva.task, [fixed, whole])).errors).toEqual([]);
});

test.each(['', 'x', 'A'.repeat(107), 'A'.repeat(400)])(
  'a device token that is none (%j) finds nothing',
  async (deviceToken) => {
    const before = await rowsOf(server.database);
    const answer = await alva.phone.tryActivate({ deviceToken }, good());
    expect(codeOf(answer)).toBe('NOT_FOUND');
    expect(await rowsOf(server.database)).toEqual(before);
  },
);

test('the watch token is no device token', async () => {
  const placed = await order(server, cast.alva.token, { projectId: cast.projectId });
  const phone = new HonestOrNotPhone(server);
  const task = await phone.claim(placed.code);
  const answer = await phone.tryActivate(
    { deviceToken: placed.watchToken },
    phone.requestsFor(task),
  );
  expect(codeOf(answer)).toBe('NOT_FOUND');
});
