import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildSchema, isInputObjectType, isObjectType } from 'graphql';
import { tryOrder, type Cast } from '../helpers/cast';
import type { EstClient } from '../helpers/certificates/est-client';
import { setEstStage, type EstStage } from '../helpers/certificates/est-stage';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { ARCHIVING, enrolPhone, recoveryPem } from '../helpers/key-recovery';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { HonestOrNotPhone, requestFor } from '../helpers/phone';
import { RenewingPhone } from '../helpers/renewals';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import type { TestServer } from '../helpers/server';

const KINDS = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;
const SIGNING = ['AUTHENTICATION', 'SIGNATURE'] as const;

let stage: EstStage;
let server: TestServer;
let client: EstClient;
let cast: Cast;
let projectId: string;

/** The server has the recovery key, and the project recovers whatever it can. */
beforeAll(async () => {
  stage = await setEstStage({}, { RECOVERY_KEY: recoveryPem() });
  ({ server, client, cast } = stage);
  const settings = { ...ARCHIVING, defaultCertificates: KINDS, validityDays: 20 };
  projectId = await createProject(server, cast.admin, newName('project'), settings);
});
beforeEach(() => forgetAttempts(stage.database));
afterAll(() => stage.remove());

const wrapping = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const wrappingKey = JSON.stringify(wrapping.publicKey.export({ format: 'jwk' }));
const ACTIVATE = `mutation ($input: ActivateEnrolmentInput!) { activateEnrolment(input: $input) {
  encryptionKeys { certificateId } profile { certificates { id kind keyOrigin } } } }`;

const place = (certificates: readonly string[], more: object = {}) =>
  stage.order({ projectId, certificates, ...more });

function privatePem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  for (const line of pem.trim().split('\n').slice(1, -1)) noteSecret(line);
  return pem;
}

interface Field {
  readonly name: string;
  readonly type: { toString(): string };
}

/** As `Type.field`, with the type that is within lists. */
function named(type: string, fields: readonly Field[]): { name: string; type: string }[] {
  return fields.map((field) => ({
    name: `${type}.${field.name}`,
    type: field.type.toString().replaceAll(/[[\]!]/g, ''),
  }));
}

describe('the API', () => {
  const schema = buildSchema(readFileSync(resolve(__dirname, '../../schema.graphql'), 'utf8'));
  const fields = Object.values(schema.getTypeMap()).flatMap((type) => {
    if (isObjectType(type)) return named(type.name, Object.values(type.getFields()));
    return isInputObjectType(type) ? named(type.name, Object.values(type.getFields())) : [];
  });
  const of = (type: string): string[] =>
    fields.filter((field) => field.type === type).map(({ name }) => name);

  test('gives keys out in one place, to phones, and takes requests and public keys alone', () => {
    const carriers = fields.filter(({ name }) =>
      /\.(csr|jwe|pkcs|private|wrapp|encryptionKey)/i.test(name),
    );
    expect(carriers.map(({ name }) => name).sort()).toEqual([
      'ActivateEnrolmentInput.wrappingKey',
      'CertificateRequestInput.csr',
      'IssuedMobileId.encryptionKeys',
      'RenewMobileIdInput.wrappingKey',
      'WrappedKey.jwe',
    ]);
    expect(of('WrappedKey')).toEqual(['IssuedMobileId.encryptionKeys']);
    expect(of('IssuedMobileId').sort()).toEqual([
      'Mutation.activateEnrolment',
      'Mutation.renewMobileId',
    ]);
    expect(of('CertificateRequestInput').sort()).toEqual([
      'ActivateEnrolmentInput.requests',
      'RenewMobileIdInput.requests',
    ]);
  });
});

describe.each(SIGNING)('a private key for %s', (kind) => {
  const claim = async (certificates: readonly string[]) => {
    const phone = new HonestOrNotPhone(server);
    return phone.claim((await place(certificates)).code);
  };
  const activate = (deviceToken: string, input: object): Promise<GraphqlAnswer<any>> =>
    server.graphql(ACTIVATE, { input: { deviceToken, ...input } });

  test.each([
    ['alone', [kind]],
    ['beside one for encryption', [kind, 'ENCRYPTION']],
  ])(
    'is not made by the server where the phone leaves its request out: %s',
    async (_how, ordered) => {
      const { deviceToken, keyRequests } = await claim(ordered);
      expect(keyRequests).toContainEqual(expect.objectContaining({ kind, origin: 'DEVICE' }));
      const wish = { requests: [], wrappingKey, serverKeyAlgorithm: 'P-256' };
      const answer = await activate(deviceToken, wish);
      expect(answer.errors[0]?.extensions).toMatchObject({ code: 'CSR_REJECTED', reason: 'KINDS' });
    },
  );

  test('is not taken in place of a request, nor along with one', async () => {
    const { deviceToken, challenge } = await claim([kind]);
    const pem = privatePem();
    const { csr } = requestFor(kind, challenge);
    for (const sent of [pem, `${pem}${csr}`, `${csr}${pem}`]) {
      const answer = await activate(deviceToken, { requests: [{ kind, csr: sent }] });
      expect(codeOf(answer)).toBe('CSR_REJECTED');
    }
    const jwk = JSON.stringify(createPrivateKey(pem).export({ format: 'jwk' }));
    const requests = [{ kind, csr }];
    expect(codeOf(await activate(deviceToken, { requests, wrappingKey: jwk }))).toBe(
      'INVALID_INPUT',
    );
    expect((await activate(deviceToken, { requests })).errors).toEqual([]);
  });

  test('is never one that the server has made for encryption', async () => {
    const { keys } = await enrolPhone(
      server,
      cast.alva.token,
      { projectId, certificates: ['ENCRYPTION'] },
      { extractableKeys: true },
    );
    const made = keys[0];
    if (made === undefined) throw new Error('There is no key.');
    const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', made.privateKey));
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    noteSecret(pkcs8.toString('base64'));
    const { deviceToken, challenge } = await claim([kind]);
    const requests = [requestFor(kind, challenge, { privateKey })];
    const reused = { code: 'CSR_REJECTED', reason: 'KEY_REUSED' };
    const answer = await activate(deviceToken, { requests });
    expect(answer.errors[0]?.extensions).toMatchObject(reused);
    const estCode = (await place([kind])).code;
    expect(await tryEst('simpleenroll', estCode, await requestWith(privateKey))).toMatchObject(
      reused,
    );
  });

  test('is not made when the mobile ID is renewed', async () => {
    const plain = await createProject(server, cast.admin, newName('project'), {
      maxProfilesPerUser: 50,
      validityDays: 20,
    });
    const phone = await RenewingPhone.enrol(server, cast.alva.token, {
      projectId: plain,
      certificates: SIGNING,
    });
    await server.graphql(
      'mutation ($id: ID!) { updateProjectSettings(id: $id, settings: { recoverEncryptionCertificates: true }) { id } }',
      { id: plain },
      { token: cast.admin },
    );
    const { data } = await phone.look();
    const { keyRequests } = data.mobileIdRenewal as {
      keyRequests: { kind: string; origin: string }[];
    };
    expect(keyRequests.map((each) => [each.kind, each.origin])).toEqual(
      SIGNING.map((each) => [each, 'DEVICE']),
    );
    const { requests } = await phone.make();
    const others = requests.filter((request) => request.kind !== kind);
    const answer = await phone.tryRenew(others);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'CSR_REJECTED', reason: 'KINDS' });
  });

  const label = kind.toLowerCase();
  const requestWith = async (key: KeyObject): Promise<string> => {
    client.write('own.key', key.export({ format: 'pem', type: 'pkcs8' }));
    return client.requestFor('own');
  };
  const tryEst = async (
    operation: string,
    code: string | undefined,
    body: string,
    identity?: string,
  ): Promise<unknown> => {
    const call = { operation: `${label}/${operation}`, body, code, identity };
    const answer = await client.call(call);
    if (answer.status === 200) throw new Error(`It was issued: ${answer.body}`);
    return JSON.parse(answer.body);
  };

  test('is not made over EST, by code or by certificate', async () => {
    const refused = { code: 'CSR_REJECTED', reason: 'KEY_ORIGIN', wanted: 'DEVICE' };
    const { code } = await place([kind]);
    const body = await client.request(newName('wish'));
    expect(await tryEst('serverkeygen', code, body)).toMatchObject(refused);
    const unlabelled = await client.call({ operation: 'serverkeygen', body, code });
    expect(JSON.parse(unlabelled.body)).toMatchObject({ code: 'CSR_REJECTED', reason: 'KINDS' });
    const own = newName('own');
    const issued = await client.call({
      operation: `${label}/simpleenroll`,
      body: await client.request(own),
      code,
    });
    await client.certificatesIn(issued, own);
    const renewal = await client.request(newName('wish'));
    expect(await tryEst('serverkeygen', undefined, renewal, own)).toMatchObject(refused);
  });

  test('is not taken over EST', async () => {
    const { code } = await place([kind]);
    const key = createPrivateKey(privatePem()).export({ format: 'der', type: 'pkcs8' });
    const csr = Buffer.from(await client.request(newName('with key')), 'base64');
    for (const sent of [key, Buffer.concat([csr, key]), Buffer.concat([key, csr])]) {
      const refusal = await tryEst('simpleenroll', code, sent.toString('base64'));
      expect(refusal).toMatchObject({ status: 400 });
    }
  });

  test('cannot be recovered, by oneself, by an operator, or by asking for approval', async () => {
    const { profile } = await enrolPhone(server, cast.alva.token, {
      projectId,
      certificates: KINDS,
    });
    const id = profile.certificates.find((certificate) => certificate.kind === kind)?.id ?? '';
    const encryption = profile.certificates.find((one) => one.kind === 'ENCRYPTION')?.id ?? '';
    for (const recoverCertificateIds of [[id], [encryption, id]]) {
      const input = { projectId, recoverCertificateIds };
      expect(codeOf(await tryOrder(server, cast.alva.token, input))).toBe('NOT_FOUND');
      const forAnother = await server.graphql(
        `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
           startEnrolmentForUser(userId: $userId, input: $input) { watchToken } }`,
        { userId: cast.alva.id, input },
        { token: cast.operator.token },
      );
      expect(codeOf(forAnother)).toBe('NOT_FOUND');
      const asked = await server.graphql(
        'mutation ($input: KeyRecoveryInput!) { requestKeyRecovery(input: $input) { id } }',
        { input: { userId: cast.alva.id, certificateIds: recoverCertificateIds, reason: 'Lost.' } },
        { token: cast.operator.token },
      );
      expect(codeOf(asked)).toBe('NOT_FOUND');
    }
  });
});

test('a key of the phone, certified for encryption where none are archived, cannot be recovered either', async () => {
  const plain = await createProject(server, cast.admin, newName('project'), {
    maxProfilesPerUser: 50,
    defaultCertificates: KINDS,
  });
  const { profile } = await enrolPhone(server, cast.alva.token, { projectId: plain });
  for (const { id } of profile.certificates) {
    const input = { projectId: plain, recoverCertificateIds: [id] };
    expect(codeOf(await tryOrder(server, cast.alva.token, input))).toBe('NOT_FOUND');
  }
});

test('an API client proves itself by public keys: a private one is refused', async () => {
  const key = createPrivateKey(privatePem());
  const create = (jwk: object): Promise<GraphqlAnswer<any>> =>
    server.graphql(
      'mutation ($name: String!, $jwks: String) { createApiClient(name: $name, scopes: ["users:read"], jwks: $jwks) { client { id } } }',
      { name: newName('client'), jwks: JSON.stringify({ keys: [jwk] }) },
      { token: cast.admin },
    );
  expect(codeOf(await create(key.export({ format: 'jwk' })))).toBe('INVALID_INPUT');
  const publicJwk = { ...createPublicKey(key).export({ format: 'jwk' }), alg: 'ES256', kid: 'k' };
  expect((await create(publicJwk)).errors).toEqual([]);
});

test('after all of that, keys of the server are for encryption, and those alone are archived, wrapped or kept', async () => {
  const rows = await stage.database.query(
    `SELECT c.kind FROM certificate c WHERE c.kind <> 'ENCRYPTION' AND (c.key_origin <> 'DEVICE'
       OR c.id IN (SELECT certificate_id FROM archived_key UNION SELECT certificate_id FROM wrapped_key
         UNION SELECT certificate_id FROM prepared_key UNION SELECT certificate_id FROM recovered_certificate
         UNION SELECT certificate_id FROM enrolment_recovery
         UNION SELECT certificate_id FROM est_answer WHERE sealed_key IS NOT NULL))`,
  );
  expect(rows).toEqual([]);
});
