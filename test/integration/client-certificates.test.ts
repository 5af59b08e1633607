import { X509Certificate } from 'node:crypto';
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBeSignedHash } from '../../src/features/authentication/client-certificates/to-be-signed';
import { bent } from '../helpers/certificates/bent-certificate';
import { gatherCast, type Cast } from '../helpers/cast';
import {
  asHeader,
  callWith,
  type CertificateAnswer,
  type CertificateCall,
} from '../helpers/certificates/certificate-caller';
import {
  AUTHORITY,
  ClientAuthority,
  LEAF,
  type CertificatePlan,
  type Identity,
} from '../helpers/certificates/client-authority';
import { createTestDatabase, type TestDatabase } from '../helpers/database';
import { codeOf } from '../helpers/graphql';
import { AnyAnswerPhone } from '../helpers/mobile-id';
import { newName } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { Openssl } from '../unit/certificates/openssl';
import { ecKey } from '../unit/certificates/request-builder';

const SIGN_IN = `mutation { signInWithClientCertificate { token viewer {
  user { username } evidence { method provider } } } }`;
const REGISTER = `mutation { registerMyClientCertificate {
  id subject issuer fingerprint notAfter createdAt } }`;
const REMOVE = 'mutation ($id: ID!) { removeMyClientCertificate(id: $id) }';
const LIST = '{ myClientCertificates { id subject fingerprint } }';
const ACCEPTS = '{ acceptsClientCertificates }';
const OPTIONS = '{ signInOptions { method label } }';

let openssl: Openssl;
let folder: string;
let database: TestDatabase;
/** Plain http behind a proxy on this machine. */
let behindProxy: TestServer;
/** Speaks TLS itself and trusts no proxy. */
let direct: TestServer;
/** Speaks TLS to a trusted proxy. */
let inner: TestServer;
let cast: Cast;
let root: ClientAuthority;
let phone: AnyAnswerPhone;

beforeAll(async () => {
  openssl = new Openssl();
  folder = await mkdtemp(join(tmpdir(), 'signet-client-ca-'));
  database = await createTestDatabase();
  await database.query('DELETE FROM certificate_authority'); // for one whose signatures can be bent
  const first = await startTestServer({ database, environment: { CA_KEY_ALGORITHM: 'P-256' } });
  const { data } = await first.graphql('{ certificateAuthority { chain } }');
  await first.stop();
  root = ClientAuthority.root(openssl, '/O=Example/CN=Client root');
  const tls = ClientAuthority.root(openssl, '/CN=localhost', { extensions: LEAF });
  const files = {
    CLIENT_CA: root.identity.pem + String(data.certificateAuthority.chain[0]),
    TLS_CERT: tls.identity.pem,
    TLS_KEY: tls.identity.keyPem,
  };
  const paths = Object.fromEntries(
    await Promise.all(
      Object.entries(files).map(async ([name, text]) => {
        await writeFile(join(folder, name), text);
        return [name, join(folder, name)] as const;
      }),
    ),
  ) as Record<keyof typeof files, string>;
  const { CLIENT_CA } = paths;
  const loopback = { TRUSTED_PROXIES: '127.0.0.1,::1' };
  behindProxy = await startTestServer({ database, environment: { CLIENT_CA, ...loopback } });
  direct = await startTestServer({ database, environment: paths });
  inner = await startTestServer({ database, environment: { ...paths, ...loopback } });
  cast = await gatherCast(behindProxy, { maxProfilesPerUser: 100 });
  phone = await AnyAnswerPhone.enrol(behindProxy, cast.alva.token, cast.projectId);
});
beforeEach(async () => {
  await forgetAttempts(database);
  await database.query('DELETE FROM client_certificate');
});
afterAll(async () => {
  for (const server of [inner, direct, behindProxy]) await server.stop();
  await database.drop();
  openssl.remove();
  await rm(folder, { recursive: true });
});

const signIn = (identity?: Identity, more: Partial<CertificateCall> = {}) =>
  callWith(direct, { query: SIGN_IN, ...(identity && { identity }), ...more });

const toldBy = (server: TestServer, headers: CertificateCall['headers'] = {}) =>
  callWith(server, { query: SIGN_IN, headers });

async function registered(
  identity: Identity,
  userId: string = cast.alva.id,
  more: Partial<CertificateCall> = {},
): Promise<any> {
  const token = await sessionOf(behindProxy, userId);
  const { data, errors } = await callWith(direct, { query: REGISTER, identity, token, ...more });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.registerMyClientCertificate;
}

/** One below the other, the lowest last. */
function authoritiesBelow(
  top: ClientAuthority,
  plans: readonly CertificatePlan[],
): ClientAuthority[] {
  const made: ClientAuthority[] = [];
  for (const plan of plans)
    made.push((made.at(-1) ?? top).authority(`/CN=${newName('middle')}`, plan));
  return made;
}

/** A certificate of alva's that works, to begin from. */
async function own(plan = {}): Promise<Identity> {
  const identity = root.issue(`/O=Example/CN=${newName('alva')}`, plan);
  await registered(identity);
  return identity;
}

/** Registers a certificate that could not be registered by its own means. */
async function forceRegistered(
  { der, fingerprint }: Pick<Identity, 'der' | 'fingerprint'>,
  userId = cast.alva.id,
): Promise<void> {
  await database.query(
    `INSERT INTO client_certificate (id, user_id, to_be_signed_hash, fingerprint, subject, issuer, not_after, created_at)
     VALUES (gen_random_uuid(), $1, $2, $3, '', '', now() + interval '1 day', now())`,
    [userId, toBeSignedHash(der), fingerprint],
  );
}

async function signedInBy(identity: Identity): Promise<string> {
  const { data } = await signIn(identity);
  return data.signInWithClientCertificate.token as string;
}

async function evidenceOf(token: string): Promise<string[]> {
  const { data } = await callWith(direct, { query: '{ viewer { evidence { method } } }', token });
  return (data.viewer.evidence as { method: string }[]).map(({ method }) => method);
}

const userIn = ({ data, errors }: CertificateAnswer): string =>
  errors[0]?.extensions.code ?? (data.signInWithClientCertificate.viewer.user.username as string);

describe('a registered certificate', () => {
  test('opens a session over TLS, with a cookie for a browser', async () => {
    const { data, setCookie } = await signIn(await own());
    expect(data.signInWithClientCertificate.viewer).toEqual({
      user: { username: 'alva' },
      evidence: [{ method: 'CLIENT_CERTIFICATE', provider: null }],
    });
    noteSecret(/=([^;]+)/.exec(setCookie[0] ?? '')?.[1] ?? '');
    expect(setCookie[0]).toMatch(/^__Host-signet=/);
  });

  test('strengthens the session of the same user, as evidence of this certificate', async () => {
    const identity = await own();
    const token = await sessionOf(behindProxy, cast.alva.id, ['PASSWORD']);
    const { data } = await signIn(identity, { token });
    expect(data.signInWithClientCertificate.viewer.evidence).toEqual([
      { method: 'PASSWORD', provider: null },
      { method: 'CLIENT_CERTIFICATE', provider: null },
    ]);
    const credential = identity.fingerprint.replaceAll(':', '').toLowerCase();
    const rows = await database.query('SELECT 1 FROM session_evidence WHERE credential = $1', [
      credential,
    ]);
    expect(rows).toHaveLength(1);
  });

  test("never joins somebody else's session, and does not end it", async () => {
    const identity = await own();
    const { token } = cast.other;
    expect(userIn(await signIn(identity, { token }))).toBe('INVALID_CREDENTIALS');
    const { data } = await callWith(direct, { query: '{ viewer { user { username } } }', token });
    expect(data.viewer.user.username).toBe('berta');
  });

  test('is offered by its subject to who shows it, and to nobody else', async () => {
    const identity = await own();
    const offered = async (more: Partial<CertificateCall>) => {
      const { data } = await callWith(direct, { query: OPTIONS, ...more });
      const options = data.signInOptions as { method: string; label: string }[];
      return options.find(({ method }) => method === 'CLIENT_CERTIFICATE')?.label;
    };
    expect(await offered({ identity })).toMatch(/^Certificate CN=alva-\w+,O=Example$/);
    expect(await offered({ identity, token: cast.alva.token })).toBeDefined();
    expect(await offered({ identity, token: cast.other.token })).toBeUndefined();
    expect(await offered({})).toBeUndefined();
    expect(await offered({ identity: root.issue('/CN=nobody') })).toBeUndefined();
  });

  test('works with RSA, with several usages, and without any', async () => {
    const newKey = ['-newkey', 'rsa:2048'];
    for (const plan of [
      { newKey },
      { extensions: [...LEAF.slice(0, 2), 'extendedKeyUsage=serverAuth,clientAuth'] },
      { extensions: ['basicConstraints=CA:FALSE'] },
      { extensions: [...LEAF, 'certificatePolicies=critical,1.2.3.4'] },
    ]) {
      expect(userIn(await signIn(await own(plan)))).toBe('alva');
    }
  });

  test('of an intermediate authority needs that along', async () => {
    const middle = root.authority('/CN=Middle');
    const identity = middle.issue('/CN=below');
    const intermediates = [middle.identity];
    await registered(identity, cast.alva.id, { intermediates });
    expect(userIn(await signIn(identity, { intermediates }))).toBe('alva');
    expect(userIn(await signIn(identity))).toBe('INVALID_CREDENTIALS');
  });

  test('signs in nobody whose account is not active', async () => {
    const person = await createPerson(behindProxy, cast.admin, newName('gone'));
    const identity = root.issue('/CN=gone');
    await registered(identity, person.id);
    await database.query(`UPDATE app_user SET state = 'INACTIVE' WHERE id = $1`, [person.id]);
    expect(userIn(await signIn(identity))).toBe('USER_NOT_ACTIVE');
  });
});

describe('INVALID_CREDENTIALS is the answer', () => {
  test('without a certificate', async () => {
    expect(userIn(await signIn())).toBe('INVALID_CREDENTIALS');
  });

  test('to a good certificate that nobody has registered', async () => {
    const identity = root.issue('/CN=unknown');
    expect(userIn(await signIn(identity))).toBe('INVALID_CREDENTIALS');
    await registered(identity);
    expect(userIn(await signIn(identity))).toBe('alva');
  });

  const [constraints = '', usage = '', purpose = ''] = LEAF;
  const nameConstraints = 'nameConstraints=critical,permitted;DNS:example.org';
  test.each<[string, (authority: ClientAuthority) => Identity]>([
    ['that has run out', (ca) => ca.issue('/CN=a', { days: -1 })],
    [
      'for servers',
      (ca) =>
        ca.issue('/CN=a', { extensions: [constraints, usage, 'extendedKeyUsage=serverAuth'] }),
    ],
    [
      'whose key may not sign',
      (ca) =>
        ca.issue('/CN=a', {
          extensions: [constraints, 'keyUsage=critical,keyEncipherment', purpose],
        }),
    ],
    [
      'of an authority',
      (ca) =>
        ca.issue('/CN=a', { extensions: ['basicConstraints=critical,CA:TRUE', usage, purpose] }),
    ],
    [
      'that may sign certificates',
      (ca) =>
        ca.issue('/CN=a', {
          extensions: [constraints, 'keyUsage=critical,digitalSignature,keyCertSign', purpose],
        }),
    ],
    [
      'with a critical extension nobody knows',
      (ca) => ca.issue('/CN=a', { extensions: [...LEAF, '1.2.3.4=critical,ASN1:UTF8String:x'] }),
    ],
    ['signed with SHA-1', (ca) => ca.issue('/CN=a', { digest: 'sha1' })],
    ['with a short RSA key', (ca) => ca.issue('/CN=a', { newKey: ['-newkey', 'rsa:1024'] })],
  ])('to a certificate %s, even if it is registered', async (_, make) => {
    const identity = make(root);
    await forceRegistered(identity);
    const headers = { 'client-cert': asHeader(identity) };
    expect(userIn(await toldBy(behindProxy, headers))).toBe('INVALID_CREDENTIALS');
  });

  test('to one of another authority, of the same name, and one that signed itself', async () => {
    const twin = ClientAuthority.root(openssl, '/O=Example/CN=Client root');
    const itself = ClientAuthority.root(openssl, '/CN=self', { extensions: LEAF });
    for (const identity of [twin.issue('/CN=a'), itself.identity, twin.identity]) {
      await forceRegistered(identity);
      expect(userIn(await signIn(identity))).toBe('INVALID_CREDENTIALS');
      const along = { intermediates: [twin.identity] };
      expect(userIn(await signIn(identity, along))).toBe('INVALID_CREDENTIALS');
    }
  });

  const [authority = '', signing = ''] = AUTHORITY;
  const limited = ['basicConstraints=critical,CA:TRUE,pathlen:0', signing];
  test.each<[string, readonly CertificatePlan[]]>([
    ['that is none', [{ extensions: LEAF }]],
    ['whose key may not sign certificates', [{ extensions: [authority, usage] }]],
    ['that has run out', [{ days: -1 }]],
    ['for servers', [{ extensions: [...AUTHORITY, 'extendedKeyUsage=serverAuth'] }]],
    ['with name constraints', [{ extensions: [...AUTHORITY, nameConstraints] }]],
    ['below one that may have none below', [{ extensions: limited }, {}]],
    ['too far below the root', [{}, {}, {}, {}, {}]],
  ])('to one of an intermediate authority %s', async (_, plans) => {
    for (const good of [true, false]) {
      const between = authoritiesBelow(root, good ? plans.slice(0, 4).map(() => ({})) : plans);
      const identity = (between.at(-1) ?? root).issue('/CN=below');
      await forceRegistered(identity);
      const headers = {
        'client-cert': asHeader(identity),
        'client-cert-chain': asHeader(...between.map((each) => each.identity)),
      };
      const expected = good ? 'alva' : 'INVALID_CREDENTIALS';
      expect(userIn(await toldBy(behindProxy, headers))).toBe(expected);
    }
  });

  test('to who tries too often from one address, whatever he shows', async () => {
    for (let i = 0; i < 121; i += 1) await toldBy(behindProxy);
    expect(userIn(await toldBy(behindProxy))).toBe('RATE_LIMITED');
  });
});

describe('the Client-Cert header', () => {
  test('of a trusted proxy signs in, with its chain where there is one', async () => {
    const identity = await own();
    expect(userIn(await toldBy(behindProxy, { 'client-cert': asHeader(identity) }))).toBe('alva');
    const middle = root.authority('/CN=Middle');
    const below = middle.issue('/CN=below');
    await forceRegistered(below);
    const chain = {
      'client-cert': asHeader(below),
      'client-cert-chain': asHeader(middle.identity),
    };
    expect(userIn(await toldBy(behindProxy, chain))).toBe('alva');
    const lines = [asHeader(root.identity), asHeader(middle.identity)];
    expect(userIn(await toldBy(behindProxy, { ...chain, 'client-cert-chain': lines }))).toBe(
      'alva',
    );
  });

  test('of anybody else is ignored', async () => {
    const identity = await own();
    const headers = { 'client-cert': asHeader(identity) };
    expect(userIn(await toldBy(direct, headers))).toBe('INVALID_CREDENTIALS');
    expect(userIn(await toldBy(inner, headers))).toBe('alva');
  });

  test('of anybody else does not take the place of what the connection shows', async () => {
    const berta = root.issue('/CN=berta');
    await registered(berta, cast.other.id);
    const headers = { 'client-cert': asHeader(await own()) };
    expect(userIn(await signIn(berta, { headers }))).toBe('berta');
  });

  test("goes before the proxy's own certificate, which signs nobody in", async () => {
    const proxy = root.issue('/CN=proxy');
    await registered(proxy, cast.other.id);
    const call = { query: SIGN_IN, identity: proxy };
    expect(userIn(await callWith(inner, call))).toBe('INVALID_CREDENTIALS');
    const headers = { 'client-cert': asHeader(await own()) };
    expect(userIn(await callWith(inner, { ...call, headers }))).toBe('alva');
  });

  test('that is malformed is no certificate', async () => {
    const identity = await own();
    const good = asHeader(identity);
    const base64 = identity.der.toString('base64');
    const bad: CertificateCall['headers'][] = [
      { 'client-cert': '' },
      { 'client-cert': '::' },
      { 'client-cert': base64 },
      { 'client-cert': `"${base64}"` },
      { 'client-cert': `:${identity.der.toString('base64url')}:` },
      { 'client-cert': `:${base64}` },
      { 'client-cert': `${good};a=1` },
      { 'client-cert': `${good}, ${good}` },
      { 'client-cert': [good, good] },
      { 'client-cert': encodeURIComponent(identity.pem) },
      { 'client-cert': `:${Buffer.from(identity.pem).toString('base64')}:` },
      { 'client-cert': `:${Buffer.concat([identity.der, Buffer.of(0)]).toString('base64')}:` },
      { 'client-cert': `:${identity.der.subarray(0, -1).toString('base64')}:` },
      { 'client-cert': good, 'client-cert-chain': 'nonsense' },
      { 'client-cert': good, 'client-cert-chain': `${good},` },
      { 'client-cert-chain': good },
    ];
    for (const headers of bad) {
      expect(userIn(await toldBy(behindProxy, headers))).toBe('INVALID_CREDENTIALS');
    }
    expect(userIn(await toldBy(behindProxy, { 'client-cert': ` ${good} ` }))).toBe('alva');
  });

  test('cannot be used by a page of another site', async () => {
    const headers = { 'client-cert': asHeader(await own()) };
    for (const foreign of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await toldBy(behindProxy, { ...headers, ...foreign });
      expect(userIn(answer)).toBe('INVALID_CREDENTIALS');
      expect(answer.setCookie).toEqual([]);
    }
    expect(userIn(await toldBy(behindProxy, { ...headers, 'sec-fetch-site': 'same-origin' }))).toBe(
      'alva',
    );
  });
});

test('without CLIENT_CA no certificate counts, whoever tells of it', async () => {
  const identity = await own();
  const off = await startTestServer({
    database,
    environment: { TRUSTED_PROXIES: '127.0.0.1,::1' },
  });
  try {
    const headers = { 'client-cert': asHeader(identity) };
    expect(userIn(await toldBy(off, headers))).toBe('INVALID_CREDENTIALS');
  } finally {
    await off.stop();
  }
});

describe('registering', () => {
  test('takes what the connection shows, once; and says what it is', async () => {
    const identity = root.issue('/O=Ex\\,ample/CN=Ålva');
    const first = await registered(identity);
    expect(first).toMatchObject({
      subject: String.raw`CN=Ålva,O=Ex\,ample`,
      issuer: 'CN=Client root,O=Example',
      fingerprint: identity.fingerprint,
    });
    expect(await registered(identity)).toEqual(first);
    const { data } = await callWith(direct, { query: LIST, token: cast.alva.token });
    const same = data.myClientCertificates.filter(({ id }: any) => id === first.id);
    expect(same).toHaveLength(1);
  });

  test('is offered where there is somebody to trust, and nowhere else', async () => {
    const { token } = cast.alva;
    const bare = await startTestServer({ database });
    try {
      const offered = await behindProxy.graphql(ACCEPTS, {}, { token });
      expect(offered.data).toEqual({ acceptsClientCertificates: true });
      expect((await bare.graphql(ACCEPTS, {}, { token })).data).toEqual({
        acceptsClientCertificates: false,
      });
      expect(codeOf(await behindProxy.graphql(ACCEPTS))).toBe('UNAUTHENTICATED');
    } finally {
      await bare.stop();
    }
  });

  test('is audited', async () => {
    const { id, fingerprint } = await registered(root.issue('/CN=audited'));
    const entries = await database.query(
      'SELECT action, actor, detail FROM audit_entry WHERE target = $1',
      [`client-certificate:${String(id)}`],
    );
    expect(entries).toEqual([
      { action: 'client-certificate.register', actor: 'user:alva', detail: fingerprint },
    ]);
  });

  test("of another user's certificate is a CONFLICT, and changes nothing", async () => {
    const identity = await own();
    const call = { query: REGISTER, identity, token: cast.other.token };
    const { errors } = await callWith(direct, call);
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'TAKEN' });
    expect(userIn(await signIn(identity))).toBe('alva');
  });

  test('of the same certificate with its other signature is no other certificate', async () => {
    const identity = root.issue('/CN=bent');
    const first = await registered(identity);
    const call = { query: REGISTER, identity: bent(identity), token: cast.other.token };
    const { errors } = await callWith(direct, call);
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'TAKEN' });
    expect(await registered(bent(identity))).toEqual(first);
    expect((await registered(root.issue('/CN=bent'))).id).not.toBe(first.id);
  });

  test('the same certificate by two users at once, one has it', async () => {
    const identity = root.issue('/CN=contested');
    const answers = await Promise.all(
      [cast.alva, cast.other].map(({ token }) =>
        callWith(direct, { query: REGISTER, identity, token }),
      ),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  });

  test('needs a certificate, a good one, and a session that was proven just now', async () => {
    const identity = root.issue('/CN=new');
    const refusal = async (more: Partial<CertificateCall>) =>
      codeOf(await callWith(direct, { query: REGISTER, ...more }));
    const { token } = cast.alva;
    expect(await refusal({ token })).toBe('INVALID_CREDENTIALS');
    const foreign = ClientAuthority.root(openssl, '/CN=Foreign').issue('/CN=new');
    expect(await refusal({ token, identity: foreign })).toBe('INVALID_CREDENTIALS');
    expect(await refusal({ identity })).toBe('UNAUTHENTICATED');
    const weak = await sessionOf(behindProxy, cast.alva.id, ['PASSWORD']);
    expect(await refusal({ token: weak, identity })).toBe('INSUFFICIENT_USER_AUTHENTICATION');
  });

  test('ends at twenty', async () => {
    const person = await createPerson(behindProxy, cast.admin, newName('collector'));
    const token = await sessionOf(behindProxy, person.id);
    for (let i = 0; i < 20; i += 1) {
      await forceRegistered(root.issue(`/CN=one of ${String(i)}`), person.id);
    }
    const identity = root.issue('/CN=one too many');
    const { errors } = await callWith(direct, { query: REGISTER, identity, token });
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'LIMIT' });
  });
});

describe('removing', () => {
  const remove = (id: string, token: string) =>
    callWith(direct, { query: REMOVE, variables: { id }, token });

  test('takes the certificate and what was proven with it', async () => {
    const identity = root.issue('/CN=removed');
    const { id } = await registered(identity);
    const { data } = await signIn(identity);
    const session = data.signInWithClientCertificate.token as string;
    expect((await remove(id, cast.alva.token)).data.removeMyClientCertificate).toBe(true);
    expect(userIn(await signIn(identity))).toBe('INVALID_CREDENTIALS');
    const viewer = await callWith(direct, {
      query: '{ viewer { evidence { method } } }',
      token: session,
    });
    expect(viewer.data.viewer.evidence).toEqual([]);
    expect(codeOf(await remove(id, cast.alva.token))).toBe('NOT_FOUND');
  });

  test('takes what was proven with its other signature as well', async () => {
    const identity = root.issue('/CN=removed');
    const { id } = await registered(identity);
    const token = await signedInBy(bent(identity));
    expect(await evidenceOf(token)).toEqual(['CLIENT_CERTIFICATE']);
    await remove(id, cast.alva.token);
    expect(await evidenceOf(token)).toEqual([]);
  });

  test("leaves another user's certificate alone", async () => {
    const identity = root.issue('/CN=kept');
    const { id } = await registered(identity);
    expect(codeOf(await remove(id, cast.other.token))).toBe('NOT_FOUND');
    expect(codeOf(await remove('nonsense', cast.other.token))).toBe('NOT_FOUND');
    expect(userIn(await signIn(identity))).toBe('alva');
  });

  test('is not permitted by the very certificate that goes', async () => {
    await allow('/account/methods', [['CLIENT_CERTIFICATE']]);
    const identity = root.issue('/CN=itself');
    const other = root.issue('/CN=another');
    const { id } = await registered(identity);
    await registered(other);
    const token = await sessionOf(behindProxy, cast.alva.id, ['PASSWORD']);
    const { data } = await signIn(identity, { token });
    const mine = data.signInWithClientCertificate.token as string;
    expect(codeOf(await remove(id, mine))).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    const both = await signIn(other, { token: mine });
    const stronger = both.data.signInWithClientCertificate.token as string;
    expect((await remove(id, stronger)).errors).toEqual([]);
  });
});

async function allow(resource: string, clauses: readonly string[][]): Promise<void> {
  const { errors } = await behindProxy.graphql(
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
    {
      input: {
        name: newName('rule'),
        resources: [resource],
        require: clauses.map((methods) => ({
          anyOf: methods.map((method) => ({ method, maxAgeSeconds: 600 })),
        })),
      },
    },
    { token: cast.admin },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}

describe('a certificate that Signet issued', () => {
  const issued = (of = phone): Identity => ({
    pem: of.pem,
    keyPem: of.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    der: Buffer.from(of.pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'),
    fingerprint: '',
  });

  test('signs in the user of its mobile ID, without being registered', async () => {
    expect(userIn(await signIn(issued()))).toBe('alva');
  });

  test('cannot be registered, whichever of its signatures it bears', async () => {
    for (const identity of [issued(), bent(issued())]) {
      const call = { query: REGISTER, identity, token: cast.other.token };
      const { errors } = await callWith(direct, call);
      expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT', reason: 'ISSUED_HERE' });
    }
  });

  test('cannot be registered when it is revoked, nor sign in, with its other signature', async () => {
    const gone = await AnyAnswerPhone.enrol(behindProxy, cast.alva.token, cast.projectId, ecKey());
    const identity = bent(issued(gone));
    const token = await signedInBy(identity);
    expect(await evidenceOf(token)).toEqual(['CLIENT_CERTIFICATE']);
    await database.query(`UPDATE certificate SET status = 'REVOKED' WHERE profile_id = $1`, [
      gone.profileId,
    ]);
    expect(userIn(await signIn(identity))).toBe('INVALID_CREDENTIALS');
    const call = { query: REGISTER, identity, token: cast.alva.token };
    const refused = await callWith(direct, call);
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reason: 'ISSUED_HERE',
    });
    await database.query('UPDATE profile SET valid_to = now() WHERE id = $1', [gone.profileId]);
    await eventually(async () => ((await evidenceOf(token)).length === 0 ? true : undefined));
  });

  test('is told from one of another authority with its serial number', async () => {
    const serial = new X509Certificate(issued().der).serialNumber;
    const identity = root.issue('/CN=same number', { serial });
    expect(new X509Certificate(identity.der).serialNumber).toBe(serial);
    await registered(identity, cast.other.id);
    expect(userIn(await signIn(identity))).toBe('berta');
    expect(userIn(await signIn(issued()))).toBe('alva');
  });

  test.each([
    ['revoked', `UPDATE certificate SET status = 'REVOKED' WHERE profile_id = $1`],
    ['on hold', `UPDATE certificate SET status = 'ON_HOLD' WHERE profile_id = $1`],
    ['of a suspended mobile ID', `UPDATE profile SET state = 'INACTIVE' WHERE id = $1`],
  ])('signs nobody in when it is %s, whatever is registered', async (_, sql) => {
    const gone = await AnyAnswerPhone.enrol(behindProxy, cast.alva.token, cast.projectId, ecKey());
    const identity = issued(gone);
    expect(userIn(await signIn(identity))).toBe('alva');
    await database.query(sql, [gone.profileId]);
    expect(userIn(await signIn(identity))).toBe('INVALID_CREDENTIALS');
  });

  test('takes its evidence along when the mobile ID runs out', async () => {
    const gone = await AnyAnswerPhone.enrol(behindProxy, cast.alva.token, cast.projectId, ecKey());
    const { data } = await signIn(issued(gone));
    const { token } = data.signInWithClientCertificate;
    await database.query('UPDATE profile SET valid_to = now() WHERE id = $1', [gone.profileId]);
    await eventually(async () => {
      const query = '{ viewer { evidence { method } } }';
      const viewer = await callWith(direct, { query, token });
      return viewer.data.viewer.evidence.length === 0 ? true : undefined;
    });
    expect(userIn(await signIn(issued(gone)))).toBe('INVALID_CREDENTIALS');
  });
});
