import { X509Certificate } from 'node:crypto';
import { KeyRing } from '../../src/kernel/secrets';
import type { EstAnswer, EstClient } from '../helpers/certificates/est-client';
import { RSA } from '../helpers/certificates/est-client';
import { problemOf, setEstStage, type EstStage } from '../helpers/certificates/est-stage';
import { recoveryPem } from '../helpers/key-recovery';
import { createProject } from '../helpers/people';
import { newName, type Order } from '../helpers/orders';
import { statusOf } from '../helpers/cast';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret, testRun } from '../helpers/run';

const OPERATION = 'encryption/serverkeygen';
const SETTINGS = {
  validityDays: 20,
  maxProfilesPerUser: 100,
  defaultCertificates: ['AUTHENTICATION', 'ENCRYPTION'],
};

let stage: EstStage;
let client: EstClient;
let projectId: string;

beforeAll(async () => {
  stage = await setEstStage({ maxProfilesPerUser: 100 }, { RECOVERY_KEY: recoveryPem() });
  ({ client } = stage);
  projectId = await createProject(stage.server, stage.cast.admin, newName('project'), SETTINGS);
  await stage.database.query(
    `UPDATE project SET settings = settings || '{"recoverEncryptionCertificates": true}' WHERE id = $1`,
    [projectId],
  );
});
beforeEach(() => forgetAttempts(stage.database));
afterAll(() => stage.remove());

const recovered = (kinds: readonly string[] = ['ENCRYPTION']): Promise<Order> =>
  stage.order({ projectId, certificates: kinds });

/** The key and the certificate of a multipart answer: as `NAME.key` and `NAME.crt`, PEM. */
async function partsOf({ headers, body }: EstAnswer, name: string): Promise<{ pkcs8: string }> {
  const [, boundary] =
    /^multipart\/mixed; boundary=(\w+)$/.exec(headers['content-type'] ?? '') ?? [];
  if (boundary === undefined) throw new Error(`It has no parts: ${body}`);
  const [nothing, key, certificate, end] = body.split(`--${boundary}`);
  expect([nothing, end]).toEqual(['', '--\r\n']);
  const pkcs8 = contentOf(key, 'application/pkcs8');
  const certsOnly = contentOf(certificate, 'application/pkcs7-mime; smime-type=certs-only');
  noteSecret(pkcs8);
  client.write(`${name}.p8`, Buffer.from(pkcs8, 'base64'));
  const pem = await client.print('openssl', 'pkey', '-inform', 'DER', '-in', `${name}.p8`);
  for (const line of pem.trim().split('\n').slice(1, -1)) noteSecret(line);
  client.write(`${name}.key`, pem);
  await client.certificatesIn({ status: 200, headers: {}, body: certsOnly }, name);
  return { pkcs8 };
}

function contentOf(part: string | undefined, type: string): string {
  const [head = '', content = ''] = (part ?? '').split('\r\n\r\n');
  expect(head.trim()).toBe(`Content-Type: ${type}\r\nContent-Transfer-Encoding: base64`);
  return content.trim();
}

const publicKeys = (name: string): Promise<string[]> =>
  Promise.all([
    client.print('openssl', 'pkey', '-in', `${name}.key`, '-pubout'),
    client.print('openssl', 'x509', '-in', `${name}.crt`, '-noout', '-pubkey'),
  ]);

describe('serverkeygen', () => {
  test.each([
    ['EC', undefined, 'prime256v1'],
    ['RSA', RSA, '2048 bit'],
  ])(
    'delivers an %s key, of the type of the request, with its certificate',
    async (_type, newKey, shown) => {
      const { id, code } = await recovered();
      const body = await client.request('wish', newKey === undefined ? {} : { newKey });
      const answer = await client.call({ operation: OPERATION, body, code });
      expect(answer.status).toBe(200);
      await partsOf(answer, 'encryption');
      const [ofKey, ofCertificate] = await publicKeys('encryption');
      expect(ofCertificate).toBe(ofKey);
      const text = await client.print(
        'openssl',
        'x509',
        '-in',
        'encryption.crt',
        '-noout',
        '-text',
      );
      expect(text).toContain(shown);
      expect(ofKey).not.toBe(await client.print('openssl', 'pkey', '-in', 'wish.key', '-pubout'));
      expect(await statusOf(stage.server, id)).toBe('ACTIVE');
      const [row] = await stage.database.query<{ origin: string }>(
        `SELECT c.key_origin AS origin FROM certificate c JOIN profile p ON p.id = c.profile_id WHERE p.enrolment_id = $1`,
        [id],
      );
      expect(row?.origin).toBe('SERVER');
    },
  );

  test('the same request gets the same key, and only as long as it is kept', async () => {
    const { id, code } = await recovered();
    const call = { operation: OPERATION, body: await client.request('wish'), code };
    const first = await partsOf(await client.call(call), 'first');
    expect(await partsOf(await client.call(call), 'again')).toEqual(first);
    const own = await client.call({ ...call, body: await client.request('other') });
    expect(own.status).toBe(409);
    await stage.database.query(
      `UPDATE est_answer SET created_at = now() - interval '25 hours' WHERE origin_id = $1`,
      [id],
    );
    const { work, estAnswers } = stage.server.app.services;
    const request = await work.systemRequest('purge', 'test');
    await work.change(request, (scope) => estAnswers.purge(scope));
    const late = await client.call(call);
    expect([late.status, problemOf(late)]).toEqual([409, 'CONFLICT']);
  });

  test('what the server keeps of the key cannot be opened with what the server holds', async () => {
    const { id, code } = await recovered();
    const body = await client.request('wish');
    const { pkcs8 } = await partsOf(
      await client.call({ operation: OPERATION, body, code }),
      'kept',
    );
    const [row] = await stage.database.query<{ sealed: Buffer; certificate: string }>(
      'SELECT sealed_key AS sealed, certificate_id AS certificate FROM est_answer WHERE origin_id = $1',
      [id],
    );
    const ring = new KeyRing(Buffer.from(testRun().masterKey, 'base64'));
    const sealed = row?.sealed ?? Buffer.alloc(0);
    expect(sealed.includes(Buffer.from(pkcs8, 'base64'))).toBe(false);
    expect(() => ring.open('est-private-key', row?.certificate ?? '', sealed)).toThrow();
    // Nor does the request stand anywhere in the database.
    const tables = await stage.database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const signature = Buffer.from(body, 'base64').subarray(-32).toString('hex');
    for (const { name } of tables) {
      const found = await stage.database.query(
        `SELECT 1 FROM "${name}" t WHERE position($1 IN t::text) > 0`,
        [signature],
      );
      expect([name, found]).toEqual([name, []]);
    }
  });

  test('renews by the certificate of the mobile ID', async () => {
    const { code } = await recovered(['AUTHENTICATION', 'ENCRYPTION']);
    const auth = await client.call({
      operation: 'authentication/simpleenroll',
      body: await client.request('auth'),
      code,
    });
    await client.certificatesIn(auth, 'auth');
    const wish = await client.request('wish');
    const first = await client.call({ operation: OPERATION, body: wish, code });
    await partsOf(first, 'old');
    const renewal = await client.call({
      operation: OPERATION,
      body: await client.request('wish'),
      identity: 'auth',
    });
    expect(renewal.status).toBe(200);
    await partsOf(renewal, 'new');
    const [old, fresh] = ['old.crt', 'new.crt'].map(
      (name) => new X509Certificate(client.read(name)),
    );
    expect(fresh?.subject).toBe(old?.subject);
    expect(fresh?.publicKey.equals(old?.publicKey as never)).toBe(false);
    const [ofKey, ofCertificate] = await publicKeys('new');
    expect(ofCertificate).toBe(ofKey);
  });

  test('is for encryption, where the project recovers it, and then nothing else is', async () => {
    const { code } = await recovered(['AUTHENTICATION', 'ENCRYPTION']);
    const body = await client.request('wish');
    const refused = async (operation: string, with_: string) => {
      const answer = await client.call({ operation, body, code: with_ });
      return JSON.parse(answer.body) as unknown;
    };
    const wrong = { code: 'CSR_REJECTED', reason: 'KEY_ORIGIN' };
    expect(await refused('authentication/serverkeygen', code)).toMatchObject(wrong);
    expect(await refused('encryption/simpleenroll', code)).toMatchObject(wrong);
    const plain = await stage.order({ certificates: ['ENCRYPTION'] });
    expect(await refused(OPERATION, plain.code)).toMatchObject(wrong);
  });

  describe('makes no key', () => {
    let made: jest.SpyInstance;
    beforeEach(() => (made = jest.spyOn(stage.secure.app.services.keyArchive, 'make')));
    afterEach(() => {
      made.mockRestore();
    });
    const projectWith = (settings: Readonly<Record<string, unknown>>): Promise<string> =>
      createProject(stage.server, stage.cast.admin, newName('project'), {
        recoverEncryptionCertificates: true,
        ...settings,
      });

    test('before the device is confirmed', async () => {
      const confirmed = await projectWith({ confirmation: 'APPROVAL' });
      const { code } = await stage.order({ projectId: confirmed, certificates: ['ENCRYPTION'] });
      await client.selfMade('device');
      const body = await client.request('wish', { newKey: RSA });
      const answer = await client.call({ operation: OPERATION, body, code, identity: 'device' });
      expect(answer.status).toBe(202);
      expect(made).not.toHaveBeenCalled();
    });

    test('for a renewal that is too early', async () => {
      const early = await projectWith({ validityDays: 100, expiryReminderDays: [40] });
      const { code } = await stage.order({
        projectId: early,
        certificates: ['AUTHENTICATION', 'ENCRYPTION'],
      });
      const auth = await client.call({
        operation: 'authentication/simpleenroll',
        body: await client.request('auth'),
        code,
      });
      await client.certificatesIn(auth, 'auth');
      const body = await client.request('wish', { newKey: RSA });
      await partsOf(await client.call({ operation: OPERATION, body, code }), 'first');
      made.mockClear();
      const answer = await client.call({
        operation: OPERATION,
        body: await client.request('wish'),
        identity: 'auth',
      });
      expect([answer.status, problemOf(answer)]).toEqual([409, 'INVALID_TRANSITION']);
      expect(made).not.toHaveBeenCalled();
    });

    test('of a type that the order does not allow', async () => {
      const narrow = await projectWith({});
      const { errors } = await stage.server.graphql(
        `mutation ($projectId: ID!) { updateCertificateProfile(
           projectId: $projectId, input: { kind: ENCRYPTION, keyAlgorithms: ["P-256"] }) { id } }`,
        { projectId: narrow },
        { token: stage.cast.admin },
      );
      expect(errors).toEqual([]);
      const { code } = await stage.order({ projectId: narrow, certificates: ['ENCRYPTION'] });
      const body = await client.request('wish', { newKey: RSA });
      const answer = await client.call({ operation: OPERATION, body, code });
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'CSR_REJECTED', reason: 'ALGORITHM' });
      expect(made).not.toHaveBeenCalled();
    });
  });

  test('is for orders that were placed while the project recovered', async () => {
    const before = await createProject(
      stage.server,
      stage.cast.admin,
      newName('project'),
      SETTINGS,
    );
    const { code } = await stage.order({ projectId: before, certificates: ['ENCRYPTION'] });
    await stage.database.query(
      `UPDATE project SET settings = settings || '{"recoverEncryptionCertificates": true}' WHERE id = $1`,
      [before],
    );
    const body = await client.request('own');
    const refused = await client.call({ operation: OPERATION, body, code });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'CSR_REJECTED', wanted: 'DEVICE' });
    expect((await client.call({ operation: 'encryption/simpleenroll', body, code })).status).toBe(
      200,
    );
  });

  test('an order that brings earlier keys along waits for a phone', async () => {
    const first = await recovered();
    const body = await client.request('wish');
    const answer = await client.call({ operation: OPERATION, body, code: first.code });
    await partsOf(answer, 'earlier');
    const [earlier] = await stage.database.query<{ id: string }>(
      'SELECT certificate_id AS id FROM est_answer WHERE origin_id = $1',
      [first.id],
    );
    const next = await stage.order({
      projectId,
      certificates: ['AUTHENTICATION'],
      recoverCertificateIds: [earlier?.id],
    });
    const refused = await client.call({
      operation: 'authentication/simpleenroll',
      body: await client.request('auth'),
      code: next.code,
    });
    expect(refused.status).toBe(409);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'CONFLICT', reason: 'RECOVERS_KEYS' });
    expect(await statusOf(stage.server, next.id)).toBe('WAITING_FOR_SCAN');
  });

  test('without code and certificate asks for one', async () => {
    const answer = await client.call({ operation: OPERATION, body: await client.request('wish') });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ]);
  });

  test('an answer encrypted once more is not promised', async () => {
    const { code } = await recovered();
    client.write(
      'more.cnf',
      '[req]\ndistinguished_name = dn\nprompt = no\nattributes = attrs\n[dn]\nCN = wish\n[attrs]\n1.2.840.113549.1.9.16.2.37 = key id\n',
    );
    await client.print(
      'openssl',
      ...['req', '-new', '-config', 'more.cnf', '-nodes', '-keyout', 'more.key', '-outform', 'DER'],
      ...['-out', 'more.csr', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    );
    const body = client.read('more.csr').toString('base64');
    const answer = await client.call({ operation: OPERATION, body, code });
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'CSR_REJECTED',
      reason: 'DECRYPTION_KEY',
    });
  });
});
