import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileKeyStore } from '../../src/cli/phone/file-key-store';
import { purgeAll } from '../../src/composition/housekeeping';
import { MemoryKeyStore, type KeyStore, type StoredMobileId } from '../../src/phone/keys/key-store';
import { openMessage } from '../../src/phone/messages/message';
import { NO_ANSWER, ServerError } from '../../src/phone/problem';
import { connectForRenewals, type RenewalApi } from '../../src/phone/renewal/renewal-api';
import { proveRenewal } from '../../src/phone/renewal/renewal-proof';
import { Renewer } from '../../src/phone/renewal/renewer';
import { gatherCast, type Cast } from '../helpers/cast';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import {
  ARCHIVING,
  encryptFor,
  encryptionCertificate,
  enrolPhone,
  recoveryPem,
} from '../helpers/key-recovery';
import { newName } from '../helpers/orders';
import { createProject } from '../helpers/people';
import { certificatesOf, endsInDays } from '../helpers/renewals';
import { eventually, startTestServer, type TestServer } from '../helpers/server';

const TEXT = 'Meet me at noon.';

let database: TestDatabase;
let server: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.query('DELETE FROM certificate_authority');
  await database.query('DELETE FROM revocation_list');
  server = await startTestServer({
    database,
    environment: { PKI_URL: '', RECOVERY_KEY: recoveryPem() },
  });
  cast = await gatherCast(server, ARCHIVING);
  folder = await mkdtemp(join(tmpdir(), 'signet-renewal-keys-'));
});
afterAll(async () => {
  await server.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

const api = (): RenewalApi => connectForRenewals({ serverUrl: server.url });
const noAnswer = (): Promise<never> => Promise.reject(new ServerError(NO_ANSWER, 'Not now.'));

function renewerWith(store: KeyStore, changes: Partial<RenewalApi> = {}): Renewer {
  return new Renewer({
    serverUrl: server.url,
    api: { ...api(), ...changes },
    store,
    now: () => new Date(),
    pause: () => Promise.resolve(),
    extractableKeys: store instanceof FileKeyStore,
  });
}

/** A phone that has a mobile ID near its end. */
async function enrolled(
  input: Readonly<Record<string, unknown>> = {},
  store: KeyStore = new MemoryKeyStore(),
): Promise<{ store: KeyStore; mobileId: StoredMobileId; id: string }> {
  const order = { projectId: cast.projectId, ...input };
  const extractableKeys = store instanceof FileKeyStore;
  const mobileId = await enrolPhone(server, cast.alva.token, order, { store, extractableKeys });
  const { id } = mobileId.profile;
  await endsInDays(server, id, 20);
  return { store, mobileId, id };
}

const read = async (message: Uint8Array<ArrayBuffer>, store: KeyStore): Promise<string> =>
  Buffer.from((await openMessage(message, await store.listMobileIds())).content).toString();

const countOf = async (table: 'wrapped_key' | 'archived_key', id: string): Promise<number> => {
  const rows = await server.database.query(
    `SELECT 1 AS one FROM ${table} k JOIN certificate c ON c.id = k.certificate_id WHERE c.profile_id = $1`,
    [id],
  );
  return rows.length;
};

test('a server-made key is renewed: archived, wrapped for the phone, and forgotten once it is there', async () => {
  const { store, mobileId, id } = await enrolled();
  const old = await encryptFor(encryptionCertificate(mobileId).pem, TEXT);
  const renewed = await renewerWith(store).renew(id);
  const certificate = encryptionCertificate(renewed);
  expect(certificate.id).not.toBe(encryptionCertificate(mobileId).id);
  const fresh = await encryptFor(certificate.pem, TEXT);
  expect([await read(old, store), await read(fresh, store)]).toEqual([TEXT, TEXT]);
  expect(await certificatesOf(server, id)).toEqual([
    'AUTHENTICATION REVOKED superseded',
    'ENCRYPTION REVOKED superseded',
    'AUTHENTICATION VALID',
    'ENCRYPTION VALID',
  ]);
  const origins = await server.database.query<{ origin: string }>(
    `SELECT DISTINCT key_origin AS origin FROM certificate WHERE profile_id = $1 AND kind = 'ENCRYPTION'`,
    [id],
  );
  expect(origins).toEqual([{ origin: 'SERVER' }]);
  expect([await countOf('archived_key', id), await countOf('wrapped_key', id)]).toEqual([2, 0]);
});

test('the old certificates come onto the revocation list', async () => {
  const { store, mobileId, id } = await enrolled();
  await renewerWith(store).renew(id);
  const serials = mobileId.profile.certificates.map(({ serialNumber }) => serialNumber);
  const listed = await eventually(async () => {
    const rows = await server.database.query(
      `SELECT 1 AS one FROM revocation_list l, unnest($1::text[]) AS s (serial)
       WHERE position(decode(s.serial, 'hex') IN l.der) > 0`,
      [serials],
    );
    return rows.length === serials.length ? rows.length : undefined;
  });
  expect(listed).toBe(2);
});

test('a phone whose answer got lost finds its keys in its file, and gets the same key days later', async () => {
  const file = join(folder, `${newName('phone')}.json`);
  const { mobileId, id } = await enrolled({}, await FileKeyStore.open(file));
  const old = await encryptFor(encryptionCertificate(mobileId).pem, TEXT);
  const real = api();
  const losing = {
    renew: (input: Parameters<RenewalApi['renew']>[0]) => real.renew(input).then(noAnswer),
  };
  const broken = renewerWith(await FileKeyStore.open(file), losing).renew(id);
  await expect(broken).rejects.toMatchObject({ code: NO_ANSWER });
  await server.database.query(
    `UPDATE wrapped_key SET created_at = now() - interval '3 days' WHERE profile_id = $1`,
    [id],
  );
  const { work } = server.app.services;
  await work.change(await work.systemRequest('test', newName('purge')), (scope) =>
    purgeAll(server.app.services, scope),
  );
  expect(await countOf('wrapped_key', id)).toBe(1);
  const renewed = await renewerWith(await FileKeyStore.open(file)).renew(id);
  const fresh = await encryptFor(encryptionCertificate(renewed).pem, TEXT);
  const store = await FileKeyStore.open(file);
  expect([await read(old, store), await read(fresh, store)]).toEqual([TEXT, TEXT]);
  expect([await countOf('archived_key', id), await countOf('wrapped_key', id)]).toEqual([2, 0]);
});

test('who overhears a proof cannot have the key wrapped for another', async () => {
  const { store, id } = await enrolled();
  const real = api();
  const { publicKey } = await crypto.subtle.generateKey(
    { name: 'ECDH', namedCurve: 'P-256' },
    false,
    ['deriveBits'],
  );
  const wrappingKey = JSON.stringify(await crypto.subtle.exportKey('jwk', publicKey));
  const stolen = renewerWith(store, { renew: (input) => real.renew({ ...input, wrappingKey }) });
  await expect(stolen.renew(id)).rejects.toMatchObject({
    code: 'DEVICE_PROOF_REJECTED',
    facts: { reason: 'REQUESTS' },
  });
  expect(await countOf('archived_key', id)).toBe(1);
});

test('without a key to wrap for, nothing is renewed', async () => {
  const { store, mobileId, id } = await enrolled();
  const real = api();
  const device = await store.loadDeviceKey();
  if (device === undefined) throw new Error('The phone has a key.');
  const renewing = renewerWith(store, {
    renew: async ({ requests }) => {
      const subject = { audience: server.url, issuedAt: new Date(), sent: { requests } };
      return real.renew({ proof: await proveRenewal(mobileId, device, subject), requests });
    },
  });
  await expect(renewing.renew(id)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  expect(await countOf('archived_key', id)).toBe(1);
});

test('new keys are of the types that the project takes now, and last no longer than was ordered', async () => {
  const projectId = await createProject(server, cast.admin, newName('project'));
  const { store, id } = await enrolled({ projectId, validityDays: 40 });
  const { errors } = await server.graphql(
    `mutation ($id: ID!) { updateCertificateProfile(projectId: $id,
       input: { kind: AUTHENTICATION, keyAlgorithms: ["P-384"] }) { id } }`,
    { id: projectId },
    { token: cast.admin },
  );
  expect(errors).toEqual([]);
  const renewed = await renewerWith(store).renew(id);
  expect(renewed.keys.map(({ kind, algorithm }) => `${kind} ${algorithm}`)).toEqual([
    'AUTHENTICATION P-384',
    'SIGNATURE P-256',
  ]);
  const days = (Date.parse(renewed.profile.validTo) - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(40);
});
