import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compactDecrypt } from 'jose';
import { publicKeyHashOf } from '../../src/features/certificates/key-archive/key-envelope';
import { MemoryKeyStore, type StoredKey } from '../../src/phone/keys/key-store';
import { connectForRenewals } from '../../src/phone/renewal/renewal-api';
import { Renewer } from '../../src/phone/renewal/renewer';
import { gatherCast, order, type Cast } from '../helpers/cast';
import { runConsole } from '../helpers/processes/console';
import { EstClient } from '../helpers/certificates/est-client';
import { everythingHeld, privateKeyIn } from '../helpers/holdings';
import { ARCHIVING, encryptionCertificate, enrolPhone, recoveryPem } from '../helpers/key-recovery';
import { endsInDays } from '../helpers/renewals';
import { noteSecret } from '../helpers/run';
import { startTestServer, type TestServer } from '../helpers/server';
import { Wiretap } from '../helpers/wiretap';

const KINDS = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;
type Kind = (typeof KINDS)[number];

interface OwnKey {
  readonly kind: Kind | 'DEVICE';
  readonly key: KeyObject;
}

const PEM = recoveryPem();
let wiretap: Wiretap;
let server: TestServer;
let cast: Cast;
let folder: string;
/** Private keys of all phones so far. */
const known: OwnKey[] = [];

beforeAll(async () => {
  wiretap = await Wiretap.start();
  server = await startTestServer({
    environment: { PUBLIC_URL: wiretap.url, RECOVERY_KEY: PEM },
  });
  wiretap.leadTo(server.app.port);
  cast = await gatherCast(server, { ...ARCHIVING, defaultCertificates: KINDS });
  folder = await mkdtemp(join(tmpdir(), 'signet-wire-'));
});
afterAll(async () => {
  await server.stop();
  await wiretap.stop();
  await rm(folder, { recursive: true, force: true });
});

const allKinds = () => ({ projectId: cast.projectId, certificates: KINDS });

async function exported({ kind, privateKey }: StoredKey): Promise<OwnKey> {
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey));
  return ownKey(kind, pkcs8);
}

function ownKey(kind: OwnKey['kind'], pkcs8: Buffer): OwnKey {
  noteSecret(pkcs8.toString('base64'));
  return { kind, key: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }) };
}

/** What makes the key secret, as it would stand in any form of it. */
function secretOf({ key }: OwnKey): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
}

/** Everything that may be hidden in it: texts in base64, and what they hold. */
function layersOf(bytes: Buffer, depth = 0): Buffer[] {
  const text = bytes.toString('latin1').replaceAll(/\\r|\\n|\r\n|\n/g, '');
  const found = [/[A-Za-z0-9+/]{24,}={0,2}/g, /[A-Za-z0-9_-]{24,}/g].flatMap(
    (form) => text.match(form) ?? [],
  );
  const within = [...new Set(found)].map((run) => Buffer.from(run, 'base64url'));
  const deeper = depth < 3 ? within.flatMap((each) => layersOf(each, depth + 1)) : [];
  return [bytes, ...within, ...deeper];
}

/** That the phones have sent no private key, neither one of theirs nor any other. */
function expectNoKey(sent: readonly Buffer[]): void {
  expect(sent.length).toBeGreaterThan(0);
  const layers = sent.flatMap((each) => layersOf(each));
  expect(layers.filter((layer) => privateKeyIn(layer) !== undefined)).toEqual([]);
  for (const layer of layers) {
    for (const own of known) expect(layer.includes(secretOf(own))).toBe(false);
  }
}

test('what is looked for would be found', () => {
  const { key } = ownKey('DEVICE', Buffer.from(PEM.replace(/-----[^-]+-----|\s/g, ''), 'base64'));
  const sent = JSON.stringify({ csr: key.export({ format: 'pem', type: 'pkcs8' }) });
  for (const text of [sent, `{"a":"${Buffer.from(sent).toString('base64url')}.x.y"}`]) {
    const layers = layersOf(Buffer.from(text));
    expect(layers.some((layer) => privateKeyIn(layer) !== undefined)).toBe(true);
  }
});

test.each(['P-256', 'RSA-2048'] as const)(
  'the phone of the page sends no key of its own, nor does it when it renews: %s',
  async (algorithm) => {
    const store = new MemoryKeyStore();
    wiretap.heard();
    const mobileId = await enrolPhone(server, cast.alva.token, allKinds(), {
      algorithm,
      store,
      extractableKeys: true,
    });
    expect(mobileId.keys.map(({ kind }) => kind).sort()).toEqual([...KINDS].sort());
    const enrolling = wiretap.heard();
    known.push(...(await Promise.all(mobileId.keys.map(exported))));
    expectNoKey(enrolling);
    await endsInDays(server, mobileId.profile.id, 20);
    const renewer = new Renewer({
      serverUrl: server.url,
      api: connectForRenewals({ serverUrl: server.url }),
      store,
      now: () => new Date(),
      pause: () => Promise.resolve(),
      algorithm,
      extractableKeys: true,
    });
    const renewed = await renewer.renew(mobileId.profile.id);
    const renewing = wiretap.heard();
    known.push(...(await Promise.all(renewed.keys.map(exported))));
    expectNoKey(renewing);
    // And a later phone, onto which the key of this one comes back.
    const recoverCertificateIds = [encryptionCertificate(mobileId).id];
    const next = await enrolPhone(
      server,
      cast.alva.token,
      { ...allKinds(), recoverCertificateIds },
      { algorithm, extractableKeys: true },
    );
    const recovering = wiretap.heard();
    known.push(...(await Promise.all(next.keys.map(exported))));
    expectNoKey(recovering);
  },
);

test('the phone in a terminal sends no key of its own', async () => {
  const { code } = await order(server, cast.alva.token, allKinds());
  const keep = join(folder, 'phone.json');
  wiretap.heard();
  const run = await runConsole('phone', {}, `${server.url}/m#${code}`, '--keep', keep);
  expect([run.code, run.stderr]).toEqual([0, '']);
  const sent = wiretap.heard();
  const [kept] = JSON.parse(await readFile(keep, 'utf8')) as [Record<string, any>];
  const add = (kind: OwnKey['kind'], pkcs8: string): unknown =>
    known.push(ownKey(kind, Buffer.from(pkcs8, 'base64')));
  add('AUTHENTICATION', kept['key'].pkcs8);
  add('SIGNATURE', kept['signatureKey'].pkcs8);
  add('ENCRYPTION', kept['decryptionKeys'][0].pkcs8);
  add('DEVICE', kept['device'].pkcs8);
  expectNoKey(sent);
});

test('an EST client sends no key of its own', async () => {
  const client = new EstClient(server.url);
  try {
    const { code } = await order(server, cast.alva.token, allKinds());
    wiretap.heard();
    for (const [kind, operation] of [
      ['AUTHENTICATION', 'authentication/simpleenroll'],
      ['SIGNATURE', 'signature/simpleenroll'],
      ['ENCRYPTION', 'encryption/serverkeygen'],
    ] as const) {
      const body = await client.request(kind);
      const answer = await client.call({ operation, body, code });
      expect(answer.status).toBe(200);
      const key = createPrivateKey(client.read(`${kind}.key`));
      // With serverkeygen the client's own key signs the request and no more.
      known.push({ kind: kind === 'ENCRYPTION' ? 'DEVICE' : kind, key });
    }
    expectNoKey(wiretap.heard());
  } finally {
    client.remove();
  }
});

describe('after all of that', () => {
  test('there is an archived key for each encryption certificate, and for no other', async () => {
    const rows = await server.database.query<{ kind: string; origin: string; archived: boolean }>(
      `SELECT c.kind, c.key_origin AS origin, a.certificate_id IS NOT NULL AS archived, count(*)::int AS n
       FROM certificate c LEFT JOIN archived_key a ON a.certificate_id = c.id GROUP BY 1, 2, 3 ORDER BY 1`,
    );
    const n = expect.any(Number);
    expect(rows).toEqual([
      { kind: 'AUTHENTICATION', origin: 'DEVICE', archived: false, n },
      { kind: 'ENCRYPTION', origin: 'SERVER', archived: true, n },
      { kind: 'SIGNATURE', origin: 'DEVICE', archived: false, n },
    ]);
  });

  test('what the recovery key opens are the keys of encryption certificates', async () => {
    const rows = await server.database.query<{ jwe: string; certificateId: string; hash: Buffer }>(
      `SELECT a.jwe, c.id AS "certificateId", c.public_key_hash AS hash
       FROM archived_key a JOIN certificate c ON c.id = a.certificate_id WHERE c.kind = 'ENCRYPTION'`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(8);
    for (const { jwe, certificateId, hash } of rows) {
      const { plaintext, protectedHeader } = await compactDecrypt(jwe, createPrivateKey(PEM));
      expect(protectedHeader).toMatchObject({ certificateId, userId: cast.alva.id });
      expect(publicKeyHashOf(Buffer.from(plaintext)).equals(hash)).toBe(true);
    }
  });

  test('nothing that the server holds is, or hides, a key for authentication or signatures', async () => {
    const { cells, opened } = await everythingHeld(server);
    const own = known.filter(({ kind }) => kind !== 'ENCRYPTION');
    expect(own.length).toBeGreaterThanOrEqual(15);
    const layers = [...cells, ...opened].flatMap((each) => layersOf(each, 3));
    for (const layer of layers) {
      for (const key of own) expect(layer.includes(secretOf(key))).toBe(false);
    }
  });
});
