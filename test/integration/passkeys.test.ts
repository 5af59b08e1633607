import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { RequestContext } from '../../src/kernel/actor';
import type { UserId } from '../../src/kernel/ids';
import { coseKey, SoftwareAuthenticator, type Forgery } from '../helpers/authenticator';
import { gatherCast, type Cast } from '../helpers/cast';
import {
  ceremonyOf,
  finishPasskey,
  finishRegistration,
  provePasskey,
  registerPasskey,
  startPasskey,
  startRegistration,
} from '../helpers/factors';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, type Person } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { evidenceOf, sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let person: Person;
let token: string;
let others: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  await server.database.query('DELETE FROM passkey');
  person = await createPerson(server, cast.admin, newName('user'));
  token = await sessionOf(server, person.id);
  others = await sessionOf(server, cast.other.id);
});
afterAll(() => server.stop());

const newAuthenticator = (
  options: ConstructorParameters<typeof SoftwareAuthenticator>[1] = {},
): SoftwareAuthenticator => new SoftwareAuthenticator(server.url, options);

async function registered(by = token, options = {}) {
  const authenticator = newAuthenticator(options);
  return { authenticator, id: await registerPasskey(server, by, authenticator) };
}

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly isBackedUp: boolean;
  readonly lastUsedAt: string | null;
}
const mine = async (by = token): Promise<Listed[]> => {
  const { data } = await server.graphql(
    '{ myPasskeys { id name createdAt lastUsedAt isBackedUp } }',
    {},
    { token: by },
  );
  return data.myPasskeys;
};
const remove = (id: string, by = token) =>
  server.graphql('mutation ($id: ID!) { removePasskey(id: $id) }', { id }, { token: by });
const isRight = ({ errors }: GraphqlAnswer<any>): boolean => errors.length === 0;

/** One registration in which the authenticator lies about one thing. */
async function registerBy(
  authenticator: SoftwareAuthenticator,
  forgery: Forgery = {},
): Promise<GraphqlAnswer<any>> {
  const { id, options } = ceremonyOf(await startRegistration(server, token));
  return finishRegistration(server, token, {
    id,
    response: authenticator.register(options, forgery),
  });
}

async function request(): Promise<RequestContext> {
  return server.app.services.work.systemRequest('test', randomUUID());
}

describe('registration', () => {
  test('asks for a discoverable passkey with user verification and without attestation', async () => {
    const { authenticator } = await registered();
    const { data } = await startRegistration(server, token);
    const { options, expiresAt } = data.startPasskeyRegistration;
    const asked = JSON.parse(options as string);
    expect(asked).toMatchObject({
      rp: { id: 'localhost', name: 'Signet' },
      user: { name: person.username, displayName: person.username },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      excludeCredentials: [{ id: authenticator.credentialId.toString('base64url') }],
      timeout: 300_000,
    });
    expect(asked.pubKeyCredParams.map(({ alg }: { alg: number }) => alg)).toEqual([-7, -8, -257]);
    expect(Buffer.from(asked.challenge as string, 'base64url')).toHaveLength(32);
    expect(Date.parse(expiresAt as string)).toBeGreaterThan(Date.now());
  });

  test('files all passkeys of a user under one handle that says nothing about him', async () => {
    const handles = [];
    for (const by of [token, token, others]) {
      const { options } = ceremonyOf(await startRegistration(server, by));
      handles.push(Buffer.from(JSON.parse(options).user.id as string, 'base64url'));
    }
    const [first, second, other] = handles;
    expect(first).toHaveLength(32);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
    expect(first?.toString('latin1')).not.toContain(person.username);
    expect(first?.toString('hex')).not.toContain(person.id.replaceAll('-', ''));
  });

  test.each(['ES256', 'EdDSA', 'RS256'] as const)(
    'takes a key of %s, which then signs in',
    async (kind) => {
      const { authenticator, id } = await registered(token, { kind });
      expect(await mine()).toMatchObject([
        { id, name: 'Passkey', isBackedUp: false, lastUsedAt: null },
      ]);
      expect((await provePasskey(server, authenticator)).errors).toEqual([]);
      expect((await mine())[0]?.lastUsedAt).not.toBeNull();
    },
  );

  test('is no proof of identity', async () => {
    await registered();
    expect(await evidenceOf(server, token)).toEqual(['PASSWORD', 'EMAIL_CODE']);
  });

  test('needs a second proof', async () => {
    const weak = await sessionOf(server, person.id, ['PASSWORD']);
    expect(codeOf(await startRegistration(server, weak))).toBe('INSUFFICIENT_USER_AUTHENTICATION');
  });

  test('takes a self attestation, which browsers may hand on, if it is right', async () => {
    const isSelfAttested = true;
    expect((await registerBy(newAuthenticator(), { isSelfAttested })).errors).toEqual([]);
    const signedWith = newAuthenticator().privateKey;
    const forged = await registerBy(newAuthenticator(), { isSelfAttested, signedWith });
    expect(codeOf(forged)).toBe('INVALID_CREDENTIALS');
  });

  const rsa = (modulusLength: number, publicExponent = 65_537) =>
    coseKey('RS256', generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey);
  const p256 = () => coseKey('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
  const attacks: readonly (readonly [string, () => Forgery])[] = [
    ['made on a page of another origin', () => ({ origin: 'https://signet.example.org' })],
    ['made on another port of the same host', () => ({ origin: 'http://localhost:1' })],
    ['made for another relying party', () => ({ rpId: 'example.org' })],
    ['made without a user present', () => ({ userPresent: false })],
    ['made without user verification', () => ({ userVerified: false })],
    ['with another challenge', () => ({ challenge: Buffer.alloc(32).toString('base64url') })],
    ['that is an assertion', () => ({ type: 'webauthn.get' })],
    ['made in a frame of another site', () => ({ crossOrigin: true })],
    ['made below another top page', () => ({ topOrigin: 'https://evil.example.org' })],
    ['named otherwise than the authenticator names it', () => ({ id: 'AAAAAAAAAAAAAAAAAAAAAA' })],
    ['backed up though it cannot be', () => ({ backupEligible: false, backedUp: true })],
    [
      'with a certificate as attestation',
      () => ({
        attestation: {
          fmt: 'packed',
          attStmt: new Map<string, any>([
            ['alg', -7],
            ['sig', new Uint8Array(8)],
            ['x5c', [new Uint8Array(8)]],
          ]),
        },
      }),
    ],
    [
      'with an attestation of another kind',
      () => ({ attestation: { fmt: 'tpm', attStmt: new Map() } }),
    ],
    [
      'with a statement where there is none',
      () => ({
        attestation: { fmt: 'none', attStmt: new Map([['sig', new Uint8Array(8)]]) },
      }),
    ],
    ['with a weak RSA key', () => ({ publicKey: rsa(1024) })],
    [
      'with an RSA key that is a burden',
      () => ({ publicKey: new Map([...rsa(2048), [-1, new Uint8Array(1024).fill(0xff)]]) }),
    ],
    ['with an RSA key of exponent 3', () => ({ publicKey: rsa(2048, 3) })],
    [
      'with a point off the curve',
      () => ({
        publicKey: new Map([...p256(), [-2, new Uint8Array(32).fill(1)]]),
      }),
    ],
    [
      'with an algorithm that was not asked for',
      () => ({
        publicKey: new Map([...p256(), [3, -35]]),
      }),
    ],
    [
      'with a key of another kind than its algorithm',
      () => ({
        publicKey: new Map([...p256(), [3, -257]]),
      }),
    ],
  ];

  test('of an honest passkey succeeds', async () => {
    expect((await registerBy(newAuthenticator())).errors).toEqual([]);
  });

  test.each(attacks)('of a passkey %s is refused', async (_name, forge) => {
    const answer = await registerBy(newAuthenticator(), forge());
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
    expect(answer.errors[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
    expect(await mine()).toEqual([]);
  });

  test('counts once, alone and among ten at the same time', async () => {
    const { id, options } = ceremonyOf(await startRegistration(server, token));
    const responses = Array.from({ length: 10 }, () => newAuthenticator().register(options));
    const answers = await Promise.all(
      responses.map((response) => finishRegistration(server, token, { id, response })),
    );
    expect(answers.filter(isRight)).toHaveLength(1);
    const again = { id, response: newAuthenticator().register(options) };
    expect(codeOf(await finishRegistration(server, token, again))).toBe('INVALID_CREDENTIALS');
    expect(await mine()).toHaveLength(1);
  });

  test('does not go on in another session, nor of another user, nor as a sign-in', async () => {
    const { id, options } = ceremonyOf(await startRegistration(server, token));
    const authenticator = newAuthenticator();
    const response = authenticator.register(options);
    const elsewhere = await sessionOf(server, person.id);
    for (const by of [elsewhere, others]) {
      const answer = await finishRegistration(server, by, { id, response });
      expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
    }
    const assertion = authenticator.assert(options);
    expect(codeOf(await finishPasskey(server, { id, response: assertion }, token))).toBe(
      'INVALID_CREDENTIALS',
    );
    expect((await finishRegistration(server, token, { id, response })).errors).toEqual([]);
  });

  test('does not go on after five minutes', async () => {
    const { id, options } = ceremonyOf(await startRegistration(server, token));
    await expire(id);
    const response = newAuthenticator().register(options);
    expect(codeOf(await finishRegistration(server, token, { id, response }))).toBe(
      'INVALID_CREDENTIALS',
    );
  });

  test('of a passkey that somebody has already is a CONFLICT, also among ten at the same time', async () => {
    const { authenticator } = await registered(others);
    const { credentialId } = authenticator;
    const taken = await registerBy(newAuthenticator({ credentialId }));
    expect(codeOf(taken)).toBe('CONFLICT');
    expect(taken.errors[0]?.extensions['reason']).toBe('PASSKEY_IN_USE');
    const mineNow = newAuthenticator();
    const answers = await Promise.all(Array.from({ length: 10 }, () => registerBy(mineNow)));
    expect(answers.filter(isRight)).toHaveLength(1);
    expect(await mine()).toHaveLength(1);
    expect((await provePasskey(server, authenticator)).errors).toEqual([]);
  });

  test('ends at twenty, also for those that began before', async () => {
    const early = ceremonyOf(await startRegistration(server, token));
    for (let i = 0; i < 20; i += 1) await registered();
    const answer = await startRegistration(server, token);
    expect(codeOf(answer)).toBe('CONFLICT');
    expect(answer.errors[0]?.extensions).toMatchObject({ reason: 'TOO_MANY_PASSKEYS', max: 20 });
    const response = newAuthenticator().register(early.options);
    const late = await finishRegistration(server, token, { id: early.id, response });
    expect(codeOf(late)).toBe('CONFLICT');
    expect(await mine()).toHaveLength(20);
  });

  test('keeps the transports that are known, and whether it is backed up', async () => {
    const authenticator = newAuthenticator({ isSynced: true });
    await registerBy(authenticator, { transports: ['internal', 'telepathy', 'hybrid'] });
    expect(await mine()).toMatchObject([{ isBackedUp: true }]);
    const { options } = ceremonyOf(await startPasskey(server, token));
    expect(JSON.parse(options).allowCredentials).toEqual([
      {
        id: authenticator.credentialId.toString('base64url'),
        type: 'public-key',
        transports: ['hybrid', 'internal'],
      },
    ]);
  });

  test.each(['', '  ', 'x'.repeat(65), 'a\u0000b', 'a\u202eb'])(
    'a name such as %j is refused',
    async (name) => {
      const { id, options } = ceremonyOf(await startRegistration(server, token));
      const response = newAuthenticator().register(options);
      const answer = await finishRegistration(server, token, { id, response, name });
      expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'name' }]);
      expect((await finishRegistration(server, token, { id, response })).errors).toEqual([]);
    },
  );
});

/** Lets the five minutes pass. */
async function expire(id: string): Promise<void> {
  await server.database.query(
    `UPDATE passkey_challenge SET expires_at = expires_at - interval '5 minutes' WHERE id = $1`,
    [id],
  );
}

const MALFORMED: readonly (readonly [string, (honest: any) => string])[] = [
  ['no JSON', () => 'passkey'],
  ['nothing', () => ''],
  ['null', () => 'null'],
  ['a list', () => '[]'],
  ['JSON of more than 16 kB', (honest) => JSON.stringify({ ...honest, more: 'x'.repeat(16_384) })],
  ['deeply nested', () => '['.repeat(8000)],
  ['another type', (honest) => JSON.stringify({ ...honest, type: 'password' })],
  ['an id with a NUL', (honest) => JSON.stringify({ ...honest, id: 'a\u0000' })],
  ['no response', ({ response: _left, ...honest }) => JSON.stringify(honest)],
  [
    'client data that are no base64url',
    (honest) =>
      JSON.stringify({ ...honest, response: { ...honest.response, clientDataJSON: '{}' } }),
  ],
];
/** Has the right shape, and nothing in it is right. */
const GARBLED = [
  { clientDataJSON: 'AAAA' },
  { authenticatorData: 'AAAA' },
  { signature: 'AAAA' },
  { attestationObject: 'AAAA' },
  { attestationObject: Buffer.alloc(9000, 0x81).toString('base64url') },
];

describe('a response', () => {
  test.each(MALFORMED)(
    'that is %s is INVALID_INPUT, and uses nothing up',
    async (_name, malform) => {
      const { authenticator } = await registered();
      const ceremony = ceremonyOf(await startPasskey(server, token));
      const honest = authenticator.assert(ceremony.options);
      const response = malform(JSON.parse(honest));
      const answer = await finishPasskey(server, { id: ceremony.id, response }, token);
      expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'response' }]);
      expect(
        (await finishPasskey(server, { id: ceremony.id, response: honest }, token)).errors,
      ).toEqual([]);
      const elsewhere = await sessionOf(server, person.id);
      const other = ceremonyOf(await startRegistration(server, elsewhere));
      const made = JSON.parse(newAuthenticator().register(other.options));
      const registration = { id: other.id, response: malform(made) };
      expect(codeOf(await finishRegistration(server, elsewhere, registration))).toBe(
        'INVALID_INPUT',
      );
    },
  );

  test.each(GARBLED)('with %j is INVALID_CREDENTIALS, without detail', async (garbled) => {
    const { authenticator } = await registered();
    const ceremony = ceremonyOf(await startPasskey(server, token));
    const honest = JSON.parse(authenticator.assert(ceremony.options));
    const other = ceremonyOf(await startRegistration(server, token));
    const made = JSON.parse(newAuthenticator().register(other.options));
    const isAssertion = !('attestationObject' in garbled);
    const { response, ...credential } = isAssertion ? honest : made;
    const text = JSON.stringify({ ...credential, response: { ...response, ...garbled } });
    const answer = isAssertion
      ? await finishPasskey(server, { id: ceremony.id, response: text }, token)
      : await finishRegistration(server, token, { id: other.id, response: text });
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
    expect(answer.errors[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
  });
});

const ATTACKS: readonly (readonly [string, Forgery])[] = [
  ['made on a page of another origin', { origin: 'https://signet.example.org' }],
  ['made on another port of the same host', { origin: 'http://localhost:1' }],
  ['made for another relying party', { rpId: 'example.org' }],
  ['made without a user present', { userPresent: false }],
  ['made without user verification', { userVerified: false }],
  ['with another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
  ['that is a registration', { type: 'webauthn.create' }],
  ['made in a frame of another site', { crossOrigin: true }],
  ['made below another top page', { topOrigin: 'https://evil.example.org' }],
  ['that can be backed up since', { backupEligible: true }],
  [
    'signed by another key',
    { signedWith: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey },
  ],
  ['with the handle of nobody', { userHandle: Buffer.alloc(32).toString('base64url') }],
  ['with an empty counter', { counter: 0 }],
];

describe('without a session', () => {
  test('a passkey opens one, for whoever owns it', async () => {
    const { authenticator, id } = await registered();
    const { options } = ceremonyOf(await startPasskey(server));
    expect(JSON.parse(options)).toMatchObject({ rpId: 'localhost', userVerification: 'required' });
    expect(JSON.parse(options)).not.toHaveProperty('allowCredentials');
    const { data, headers } = await provePasskey(server, authenticator);
    expect(data.finishPasskeySignIn.viewer).toEqual({
      user: { id: person.id },
      evidence: [{ method: 'PASSKEY', provider: null }],
    });
    expect(headers.get('set-cookie')).toContain('HttpOnly');
    const rows = await server.database.query(
      `SELECT credential FROM session_evidence WHERE method = 'PASSKEY' AND credential = $1`,
      [id],
    );
    expect(rows).toEqual([{ credential: id }]);
    const entries = await server.database.query(
      `SELECT actor_id FROM audit_entry WHERE action = 'session.sign-in' AND detail = 'PASSKEY' AND target = $1`,
      [`user:${person.id}`],
    );
    expect(entries).toEqual([{ actor_id: person.id }]);
  });

  test.each(ATTACKS)('an assertion %s opens nothing', async (_name, forgery) => {
    const { authenticator } = await registered();
    expect((await provePasskey(server, authenticator)).errors).toEqual([]); // the control
    const answer = await provePasskey(server, authenticator, { forgery });
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
    expect(answer.errors[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
    expect((await provePasskey(server, authenticator)).errors).toEqual([]);
  });

  test('an assertion that names no user opens nothing', async () => {
    const { authenticator } = await registered();
    const answer = await provePasskey(server, authenticator, { forgery: { userHandle: null } });
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
  });

  test("an assertion with another user's handle opens neither account", async () => {
    const [own, other] = [await registered(), await registered(others)];
    const { userHandle } = other.authenticator;
    const answer = await provePasskey(server, own.authenticator, { forgery: { userHandle } });
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
  });

  test("an assertion under the id of another user's passkey opens nothing", async () => {
    const [own, other] = [await registered(), await registered(others)];
    const id = other.authenticator.credentialId.toString('base64url');
    const { userHandle } = other.authenticator;
    const answer = await provePasskey(server, own.authenticator, { forgery: { id, userHandle } });
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
  });

  test('an unknown passkey looks like a wrong one', async () => {
    const stranger = newAuthenticator();
    stranger.userHandle = Buffer.alloc(32).toString('base64url');
    expect(codeOf(await provePasskey(server, stranger))).toBe('INVALID_CREDENTIALS');
  });

  test('a response counts once, alone and among ten at the same time', async () => {
    const { authenticator } = await registered();
    const { id, options } = ceremonyOf(await startPasskey(server));
    const response = authenticator.assert(options);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => finishPasskey(server, { id, response })),
    );
    expect(answers.filter(isRight)).toHaveLength(1);
    expect(codeOf(await finishPasskey(server, { id, response }))).toBe('INVALID_CREDENTIALS');
    const fresh = ceremonyOf(await startPasskey(server));
    expect(codeOf(await finishPasskey(server, { id: fresh.id, response }))).toBe(
      'INVALID_CREDENTIALS',
    );
  });

  test('a failed try uses the challenge up', async () => {
    const { authenticator } = await registered();
    const { id, options } = ceremonyOf(await startPasskey(server));
    const wrong = authenticator.assert(options, { userVerified: false });
    expect(codeOf(await finishPasskey(server, { id, response: wrong }))).toBe(
      'INVALID_CREDENTIALS',
    );
    const right = authenticator.assert(options);
    expect(codeOf(await finishPasskey(server, { id, response: right }))).toBe(
      'INVALID_CREDENTIALS',
    );
  });

  test('a challenge is good for five minutes', async () => {
    const { authenticator } = await registered();
    const { id, options } = ceremonyOf(await startPasskey(server));
    await expire(id);
    const response = authenticator.assert(options);
    expect(codeOf(await finishPasskey(server, { id, response }))).toBe('INVALID_CREDENTIALS');
  });

  test('a challenge of a session, or of none, counts nowhere else', async () => {
    const { authenticator } = await registered();
    const anonymous = ceremonyOf(await startPasskey(server));
    const own = ceremonyOf(await startPasskey(server, token));
    const elsewhere = await sessionOf(server, person.id);
    const tries: [typeof own, string | undefined][] = [
      [anonymous, token],
      [own, undefined],
      [own, elsewhere],
      [own, others],
    ];
    for (const [{ id, options }, by] of tries) {
      const response = authenticator.assert(options);
      expect(codeOf(await finishPasskey(server, { id, response }, by))).toBe('INVALID_CREDENTIALS');
    }
    for (const [{ id, options }, by] of [tries[0], tries[1]] as typeof tries) {
      const where = by === undefined ? token : undefined;
      const response = authenticator.assert(options);
      expect((await finishPasskey(server, { id, response }, where)).errors).toEqual([]);
    }
  });

  test.each(['no id', randomUUID(), ''])('a ceremony by the id %j does not exist', async (id) => {
    const { authenticator } = await registered();
    const { options } = ceremonyOf(await startPasskey(server));
    const response = authenticator.assert(options);
    expect(codeOf(await finishPasskey(server, { id, response }))).toBe('INVALID_CREDENTIALS');
  });

  test('a passkey of two instances counts once on both together', async () => {
    const other = await startTestServer({
      database: server.database,
      environment: { PUBLIC_URL: server.url },
    });
    try {
      const { authenticator } = await registered();
      const { id, options } = ceremonyOf(await startPasskey(server));
      const response = authenticator.assert(options);
      const { passkeySignIn } = other.app.services;
      const anonymous = { ...(await request()), actor: { kind: 'anonymous' } as const };
      const calls = Array.from({ length: 5 }, () => [
        finishPasskey(server, { id, response }).then(isRight),
        passkeySignIn.finish(anonymous, id, response).then(
          () => true,
          () => false,
        ),
      ]);
      expect((await Promise.all(calls.flat())).filter(Boolean)).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });

  test('a removed passkey opens nothing', async () => {
    const { authenticator, id } = await registered();
    expect((await remove(id)).errors).toEqual([]);
    expect(codeOf(await provePasskey(server, authenticator))).toBe('INVALID_CREDENTIALS');
  });

  test.each([
    ['deactivated', 'mutation ($id: ID!) { deactivateUser(id: $id) { id } }'],
    ['locked', 'mutation ($id: ID!) { lockUser(id: $id, reason: "Lost.") { id } }'],
  ])('a user who was %s learns so, and gets no session', async (_state, mutation) => {
    const { authenticator } = await registered();
    const { errors } = await server.graphql(
      mutation,
      { id: person.id },
      { token: cast.operator.token },
    );
    expect(errors).toEqual([]);
    expect(codeOf(await provePasskey(server, authenticator))).toBe('USER_NOT_ACTIVE');
    const forgery = { userVerified: false };
    expect(codeOf(await provePasskey(server, authenticator, { forgery }))).toBe(
      'INVALID_CREDENTIALS',
    );
    const open = await server.database.query(
      'SELECT id FROM session WHERE user_id = $1 AND ended_at IS NULL',
      [person.id],
    );
    expect(open).toEqual([]);
  });

  test('ceremonies from one address are limited, and those that succeed do not count', async () => {
    const { authenticator } = await registered();
    const { limits } = server.app.services;
    for (let i = 0; i < 110; i += 1) await limits.take('proof/address', '127.0.0.1');
    for (let i = 0; i < 8; i += 1) {
      expect((await provePasskey(server, authenticator)).errors).toEqual([]);
    }
    for (let i = 0; i < 10; i += 1) ceremonyOf(await startPasskey(server));
    const refused = await startPasskey(server);
    expect(codeOf(refused)).toBe('RATE_LIMITED');
    expect(refused.errors[0]?.extensions['retryAfterSeconds']).toBeGreaterThan(0);
    expect((await provePasskey(server, authenticator, { token })).errors).toEqual([]);
  });
});

describe('the signature counter', () => {
  test.each([
    ['stands still', 7],
    ['goes back', 6],
    ['is gone', 0],
  ])(
    'that %s gives the copy away, which opens nothing and stands in the audit log',
    async (_name, counter) => {
      const { authenticator, id } = await registered();
      authenticator.counter = 6;
      expect((await provePasskey(server, authenticator)).errors).toEqual([]); // 7
      const copied = await provePasskey(server, authenticator, { forgery: { counter } });
      expect(codeOf(copied)).toBe('INVALID_CREDENTIALS');
      const entries = await server.database.query(
        `SELECT outcome FROM audit_entry WHERE action = 'passkey.counter' AND target = $1`,
        [`passkey:${id}`],
      );
      expect(entries).toEqual([{ outcome: 'REFUSED' }]);
      expect((await provePasskey(server, authenticator)).errors).toEqual([]);
    },
  );

  test('that was signed by somebody else says nothing', async () => {
    const { authenticator, id } = await registered();
    await provePasskey(server, authenticator);
    const signedWith = newAuthenticator().privateKey;
    await provePasskey(server, authenticator, { forgery: { counter: 0, signedWith } });
    const entries = await server.database.query(
      `SELECT id FROM audit_entry WHERE action = 'passkey.counter' AND target = $1`,
      [`passkey:${id}`],
    );
    expect(entries).toEqual([]);
  });

  test('may stay at 0, where the authenticator keeps none', async () => {
    const { authenticator } = await registered(token, { isSynced: true });
    for (let i = 0; i < 3; i += 1) {
      expect((await provePasskey(server, authenticator)).errors).toEqual([]);
    }
  });

  test('given ten times at once in ten ceremonies counts once', async () => {
    const { authenticator } = await registered();
    const ceremonies = [];
    for (let i = 0; i < 10; i += 1) ceremonies.push(ceremonyOf(await startPasskey(server)));
    const answers = await Promise.all(
      ceremonies.map(({ id, options }) =>
        finishPasskey(server, { id, response: authenticator.assert(options, { counter: 9 }) }),
      ),
    );
    expect(answers.filter(isRight)).toHaveLength(1);
  });

  test('may be as high as authenticators count', async () => {
    const { authenticator } = await registered();
    authenticator.counter = 2 ** 32 - 2;
    expect((await provePasskey(server, authenticator)).errors).toEqual([]);
    const copied = await provePasskey(server, authenticator, { forgery: { counter: 2 ** 31 } });
    expect(codeOf(copied)).toBe('INVALID_CREDENTIALS');
  });
});

describe('within a session', () => {
  test('a passkey of its user joins it, under a new token', async () => {
    const { authenticator } = await registered();
    const weak = await sessionOf(server, person.id, ['PASSWORD']);
    const { data } = await provePasskey(server, authenticator, { token: weak });
    expect(data.finishPasskeySignIn.viewer.evidence).toEqual([
      { method: 'PASSWORD', provider: null },
      { method: 'PASSKEY', provider: null },
    ]);
    expect(data.finishPasskeySignIn.token).not.toBe(weak);
  });

  test('a user handle may be missing, for the session names the user', async () => {
    const { authenticator } = await registered();
    const answer = await provePasskey(server, authenticator, {
      token,
      forgery: { userHandle: null },
    });
    expect(answer.errors).toEqual([]);
  });

  test.each(ATTACKS)('an assertion %s joins nothing', async (_name, forgery) => {
    const { authenticator } = await registered();
    const control = await provePasskey(server, authenticator, { token });
    token = control.data.finishPasskeySignIn.token as string;
    const before = await evidenceRows();
    const answer = await provePasskey(server, authenticator, { token, forgery });
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
    expect(await evidenceRows()).toEqual(before);
  });

  test("another user's passkey never joins it", async () => {
    await registered();
    const { authenticator } = await registered(others);
    const answer = await provePasskey(server, authenticator, { token });
    expect(codeOf(answer)).toBe('INVALID_CREDENTIALS');
    expect(await evidenceOf(server, token)).toEqual(['PASSWORD', 'EMAIL_CODE']);
    expect((await provePasskey(server, authenticator, { token: others })).errors).toEqual([]);
  });

  test('without a passkey there is nothing to begin', async () => {
    const answer = await startPasskey(server, token);
    expect(codeOf(answer)).toBe('NOT_FOUND');
    expect(answer.errors[0]?.extensions['reason']).toBe('NO_PASSKEY');
  });

  test('twenty failed proofs lock the method for a time', async () => {
    const { authenticator } = await registered();
    const forgery = { userVerified: false };
    for (let i = 0; i < 20; i += 1) {
      const failed = await provePasskey(server, authenticator, { token, forgery });
      expect(codeOf(failed)).toBe('INVALID_CREDENTIALS');
    }
    expect(codeOf(await provePasskey(server, authenticator, { token }))).toBe('RATE_LIMITED');
    expect((await provePasskey(server, authenticator)).errors).toEqual([]);
  });

  const evidenceRows = () =>
    server.database.query(
      `SELECT e.* FROM session_evidence e JOIN session s ON s.id = e.session_id WHERE s.user_id = $1
       ORDER BY e.session_id, e.method`,
      [person.id],
    );
});

describe('removal', () => {
  test('is not opened by the passkey that goes', async () => {
    const { authenticator, id } = await registered();
    const { data } = await provePasskey(server, authenticator);
    const answer = await remove(id, data.finishPasskeySignIn.token as string);
    expect(codeOf(answer)).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    const shouted = await remove(id.toUpperCase(), data.finishPasskeySignIn.token as string);
    expect(codeOf(shouted)).toBe('INSUFFICIENT_USER_AUTHENTICATION');
    const missing = answer.errors[0]?.extensions['missing'] as { anyOf: unknown[] }[];
    expect(missing.flatMap(({ anyOf }) => anyOf)).toContainEqual(
      expect.objectContaining({ method: 'PASSKEY', reason: 'SAME_CREDENTIAL' }),
    );
    expect(await mine()).toHaveLength(1);
  });

  test('is opened by another passkey', async () => {
    const [goes, stays] = [await registered(), await registered()];
    const { data } = await provePasskey(server, stays.authenticator);
    expect((await remove(goes.id, data.finishPasskeySignIn.token as string)).errors).toEqual([]);
    expect(await mine()).toMatchObject([{ id: stays.id }]);
  });

  test('takes back what was proven with it, in all sessions, and nothing else', async () => {
    const [goes, stays] = [await registered(), await registered()];
    const first = await provePasskey(server, goes.authenticator);
    const second = await provePasskey(server, stays.authenticator);
    expect((await remove(goes.id)).errors).toEqual([]);
    expect(await evidenceOf(server, first.data.finishPasskeySignIn.token as string)).toEqual([]);
    expect(await evidenceOf(server, second.data.finishPasskeySignIn.token as string)).toEqual([
      'PASSKEY',
    ]);
  });

  test("of another user's is NOT_FOUND", async () => {
    const { id } = await registered();
    expect(codeOf(await remove(id, others))).toBe('NOT_FOUND');
    expect(codeOf(await remove('no id'))).toBe('NOT_FOUND');
    expect(await mine()).toHaveLength(1);
  });

  test('at the same time as a sign-in leaves no proof behind', async () => {
    for (let i = 0; i < 5; i += 1) {
      const { authenticator, id } = await registered();
      const { id: ceremony, options } = ceremonyOf(await startPasskey(server));
      const response = authenticator.assert(options);
      await Promise.all([finishPasskey(server, { id: ceremony, response }), remove(id)]);
      const left = await server.database.query(
        `SELECT e.credential FROM session_evidence e WHERE e.credential = $1`,
        [id],
      );
      expect(left).toEqual([]);
    }
  });

  test('and registration stand in the audit log', async () => {
    const { id } = await registered();
    await remove(id);
    const entries = await server.database.query(
      'SELECT action, actor_id FROM audit_entry WHERE target = $1 ORDER BY id',
      [`passkey:${id}`],
    );
    expect(entries).toEqual([
      { action: 'passkey.add', actor_id: person.id },
      { action: 'passkey.remove', actor_id: person.id },
    ]);
  });
});

test('it is offered to who has no session, and to who has a passkey', async () => {
  const offered = async (by?: string) => {
    const { data } = await server.graphql('{ signInOptions { method label } }', {}, { token: by });
    return data.signInOptions as { method: string; label: string }[];
  };
  expect((await offered()).slice(0, 2)).toMatchObject([
    { method: 'PASSWORD' },
    { method: 'PASSKEY', label: 'Passkey' },
  ]);
  expect((await offered(token)).map(({ method }) => method)).not.toContain('PASSKEY');
  await registered();
  expect((await offered(token)).map(({ method }) => method)).toContain('PASSKEY');
});

test('where the server is known by an address only, there are no passkeys', async () => {
  const other = await startTestServer({
    database: server.database,
    environment: { PUBLIC_URL: 'http://127.0.0.1:4000' },
  });
  try {
    const { options, passkeySignIn, work } = other.app.services;
    const anonymous = { ...(await request()), actor: { kind: 'anonymous' } as const };
    const offered = await options.of(work.read(anonymous));
    expect(offered.map(({ method }) => method)).not.toContain('PASSKEY');
    await expect(passkeySignIn.start(anonymous)).rejects.toMatchObject({
      code: 'INVALID_TRANSITION',
      facts: { reason: 'NO_DOMAIN' },
    });
  } finally {
    await other.stop();
  }
});

test('holders are those who have a passkey', async () => {
  await registered();
  const { passkeys, work } = server.app.services;
  const scope = work.read(await request());
  const asked = [person.id, cast.alva.id] as UserId[];
  expect(await passkeys.holders(scope, asked)).toEqual([person.id]);
});

test('challenges that have run out are deleted in time, and no others', async () => {
  const [gone, stays] = [
    ceremonyOf(await startPasskey(server)),
    ceremonyOf(await startPasskey(server)),
  ];
  await expire(gone.id);
  const { challenges, work } = server.app.services;
  await work.change(await request(), (scope) => challenges.purge(scope));
  const left = await server.database.query<{ id: string }>(
    'SELECT id FROM passkey_challenge WHERE id = ANY($1)',
    [[gone.id, stays.id]],
  );
  expect(left).toEqual([{ id: stays.id }]);
});
