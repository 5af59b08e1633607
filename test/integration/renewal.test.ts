import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import { HonestOrNotPhone, requestFor } from '../helpers/phone';
import { auditOf, moveProfile } from '../helpers/profiles';
import {
  certificatesOf,
  endsInDays,
  RenewingPhone,
  type RenewalChanges,
} from '../helpers/renewals';
import { forgetAttempts, rowsOf } from '../helpers/rows';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';
import { ecKey } from '../unit/certificates/request-builder';

const ALL = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

/** Alva's phone with a mobile ID that ends in so many days. */
async function phoneEnding(days: number, input: object = {}): Promise<RenewingPhone> {
  const order = { projectId: cast.projectId, ...input };
  const phone = await RenewingPhone.enrol(server, cast.alva.token, order);
  await endsInDays(server, phone.profileId, days);
  return phone;
}

async function renewed(phone: RenewingPhone): Promise<RenewingPhone> {
  const { keys, requests } = await phone.make();
  const answer = await phone.tryRenew(requests);
  if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
  return phone.renewed(keys, answer);
}

async function overdue(profileId: string): Promise<void> {
  await server.database.query('UPDATE renewal SET supersede_at = now() WHERE profile_id = $1', [
    profileId,
  ]);
}

describe('a renewal', () => {
  test('gives the same mobile ID new certificates of the same kinds, while the old ones stay good', async () => {
    const phone = await phoneEnding(20, { certificates: ALL });
    const { keys, requests } = await phone.make();
    expect([...keys.keys()]).toEqual(ALL);
    const answer = await phone.tryRenew(requests);
    expect(answer.errors).toEqual([]);
    const { profile } = answer.data.renewMobileId;
    expect(profile).toMatchObject({ id: phone.profileId, state: 'ACTIVE' });
    expect(profile.certificates).toHaveLength(6);
    expect(await certificatesOf(server, phone.profileId)).toEqual([
      'AUTHENTICATION VALID',
      'ENCRYPTION VALID',
      'SIGNATURE VALID',
      'AUTHENTICATION VALID',
      'ENCRYPTION VALID',
      'SIGNATURE VALID',
    ]);
    const days = (Date.parse(profile.validTo as string) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(730);
    const untilNext = (Date.parse(profile.renewableFrom as string) - Date.now()) / 86_400_000;
    expect(Math.round(untilNext)).toBe(730 - 60);
  });

  test('ends with the acknowledgement by the new key, which revokes the old certificates alone', async () => {
    const phone = await phoneEnding(20);
    const successor = await renewed(phone);
    expect(codeOf(await phone.tryAcknowledge())).toBe('DEVICE_PROOF_REJECTED');
    expect((await successor.tryAcknowledge()).errors).toEqual([]);
    const standing = [
      'AUTHENTICATION REVOKED superseded',
      'SIGNATURE REVOKED superseded',
      'AUTHENTICATION VALID',
      'SIGNATURE VALID',
    ];
    expect(await certificatesOf(server, phone.profileId)).toEqual(standing);
    const rows = await rowsOf(server.database);
    expect((await successor.tryAcknowledge()).data.acknowledgeRenewal).toBe(true);
    expect(await rowsOf(server.database)).toEqual(rows);
    const audit = await auditOf(server, phone.profileId);
    expect(audit.map(({ action }) => action)).toEqual([
      'profile.renew',
      'profile.supersede-certificates',
    ]);
  });

  test('is not acknowledged by a key that has gone before', async () => {
    const first = await phoneEnding(20);
    const second = await renewed(first);
    expect((await second.tryAcknowledge()).errors).toEqual([]);
    await endsInDays(server, first.profileId, 20);
    const third = await renewed(second);
    const rows = await rowsOf(server.database);
    for (const gone of [first, second]) {
      expect(codeOf(await gone.tryAcknowledge())).toBe('DEVICE_PROOF_REJECTED');
    }
    expect(await rowsOf(server.database)).toEqual(rows);
    expect((await third.tryAcknowledge()).errors).toEqual([]);
  });

  test('that is never acknowledged ends after a week by itself', async () => {
    const phone = await phoneEnding(20);
    await renewed(phone);
    const [row] = await server.database.query<{ days: number }>(
      `SELECT extract(epoch FROM supersede_at - renewed_at)::int / 86400 AS days FROM renewal WHERE profile_id = $1`,
      [phone.profileId],
    );
    expect(row?.days).toBe(7);
    await overdue(phone.profileId);
    await eventually(async () =>
      (await certificatesOf(server, phone.profileId)).includes('SIGNATURE REVOKED superseded')
        ? true
        : undefined,
    );
  });

  test('repeated with the same requests gives the same answer, also when the old certificates are gone', async () => {
    const phone = await phoneEnding(20);
    const { keys, requests } = await phone.make();
    const first = await phone.tryRenew(requests);
    const rows = await rowsOf(server.database);
    const again = await phone.tryRenew([...requests].reverse());
    expect(again.errors).toEqual([]);
    expect(again.data).toEqual(first.data);
    expect(await rowsOf(server.database)).toEqual(rows);
    expect((await phone.renewed(keys, first).tryAcknowledge()).errors).toEqual([]);
    const late = await phone.tryRenew(requests);
    expect(late.errors).toEqual([]);
    const pems = (answer: typeof first): string[] =>
      answer.data.renewMobileId.profile.certificates.map(({ pem }: { pem: string }) => pem);
    expect(pems(late).sort()).toEqual(pems(first).sort());
  });

  test('with other requests afterwards is a CONFLICT', async () => {
    const phone = await phoneEnding(20);
    const { requests } = await phone.make();
    const others = requests.map(({ kind }) => requestFor(kind, 'any'));
    await phone.tryRenew(requests);
    const rows = await rowsOf(server.database);
    expect(codeOf(await phone.tryRenew(others))).toBe('CONFLICT');
    expect(await rowsOf(server.database)).toEqual(rows);
  });

  test.each(['the same keys', 'other keys'])(
    'sent ten times at the same time with %s makes one set of certificates',
    async (which) => {
      const phone = await phoneEnding(20);
      const sets = await Promise.all(Array.from({ length: 10 }, () => phone.make()));
      const [first] = sets;
      const answers = await Promise.all(
        sets.map((own) => {
          const { requests } = which === 'other keys' ? own : (first ?? own);
          return phone.tryRenew(requests);
        }),
      );
      const codes = answers.filter(({ errors }) => errors.length > 0).map(codeOf);
      expect(codes).toEqual(which === 'other keys' ? Array(9).fill('CONFLICT') : []);
      expect(await certificatesOf(server, phone.profileId)).toHaveLength(4);
    },
  );

  test('may follow a renewal', async () => {
    const phone = await renewed(await phoneEnding(20));
    await phone.tryAcknowledge();
    await endsInDays(server, phone.profileId, 5);
    const next = await renewed(phone);
    await next.tryAcknowledge();
    const standing = await certificatesOf(server, phone.profileId);
    expect(standing.filter((each) => each.endsWith('VALID'))).toHaveLength(2);
    expect(standing).toHaveLength(6);
  });

  test('by the SIGNATURE key does for a mobile ID that has no other', async () => {
    const phone = await phoneEnding(20, { certificates: ['SIGNATURE'] });
    const task = await phone.look(phone.proof(undefined, {}, 'SIGNATURE'));
    expect(task.data.mobileIdRenewal.keyRequests).toMatchObject([{ kind: 'SIGNATURE' }]);
    const { challenge } = task.data.mobileIdRenewal;
    const requests = [requestFor('SIGNATURE', challenge as string)];
    const answer = await phone.tryRenew(requests, phone.proof(requests, {}, 'SIGNATURE'));
    expect(answer.errors).toEqual([]);
  });

  test('tells the holder by mail, where the project says so', async () => {
    const phone = await phoneEnding(20);
    await renewed(phone);
    const mail = await server.mailTo(cast.alva.email, ({ subject }) =>
      subject.includes('was renewed'),
    );
    expect(mail.text).toContain('If this was not you');
  });

  test('lasts as long as the project says now, with the name that the user has now', async () => {
    const projectId = await createProject(server, cast.admin, newName('project'));
    const person = await createPerson(server, cast.admin, newName('user'));
    const token = await sessionOf(server, person.id);
    const phone = await RenewingPhone.enrol(server, token, { projectId });
    await endsInDays(server, phone.profileId, 20);
    await server.graphql(
      `mutation ($id: ID!) { updateProjectSettings(id: $id, settings: { validityDays: 100 }) { id } }`,
      { id: projectId },
      { token: cast.admin },
    );
    await server.database.query(`UPDATE app_user SET display_name = 'Åsa Ny' WHERE id = $1`, [
      person.id,
    ]);
    const { requests } = await phone.make();
    const { data } = await phone.tryRenew(requests);
    const { validTo } = data.renewMobileId.profile;
    expect(Math.round((Date.parse(validTo as string) - Date.now()) / 86_400_000)).toBe(100);
    const subjects = await server.database.query<{ subject: string }>(
      'SELECT subject FROM certificate WHERE profile_id = $1 AND subject LIKE $2',
      [phone.profileId, '%Åsa Ny%'],
    );
    expect(subjects).toHaveLength(2);
  });
});

describe('too early', () => {
  const fieldOf = async (id: string): Promise<string | null> => {
    const { data } = await server.graphql(
      'query ($id: ID!) { profile(id: $id) { renewableFrom validTo } }',
      { id },
      { token: cast.admin },
    );
    return data.profile.renewableFrom as string | null;
  };

  test('a renewal is refused, and the task says from when on it is not', async () => {
    const phone = await phoneEnding(61);
    const { requests } = await phone.make();
    const rows = await rowsOf(server.database);
    const { errors } = await phone.tryRenew(requests);
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_TRANSITION' });
    const { data } = await phone.look();
    const { renewableFrom } = data.mobileIdRenewal;
    expect(errors[0]?.extensions['renewableFrom']).toBe(renewableFrom);
    expect(await fieldOf(phone.profileId)).toBe(renewableFrom);
    const days = (Date.parse(renewableFrom as string) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(1);
    expect(await rowsOf(server.database)).toEqual(rows);
  });

  test('is the first half of a short life, whatever the reminders', async () => {
    const phone = await RenewingPhone.enrol(server, cast.alva.token, {
      projectId: await createProject(server, cast.admin, newName('project'), { validityDays: 10 }),
    });
    const from = await fieldOf(phone.profileId);
    const days = (Date.parse(from ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(5);
  });

  test('one that is over, suspended, or for encryption alone cannot be renewed at all', async () => {
    const suspended = await phoneEnding(20);
    await moveProfile(server, 'deactivateProfile', suspended.profileId, {
      token: cast.operator.token,
    });
    const encrypting = await phoneEnding(20, { certificates: ['ENCRYPTION'] });
    const over = await phoneEnding(-1);
    for (const { profileId } of [suspended, encrypting, over]) {
      expect(await fieldOf(profileId)).toBeNull();
    }
  });

  test('a mobile ID that lasts as long as its authority gains nothing', async () => {
    const phone = await phoneEnding(20);
    const { authority } = server.app.services.issuance;
    const end = Object.getOwnPropertyDescriptor(authority, 'validTo');
    try {
      Object.defineProperty(authority, 'validTo', {
        value: new Date(Date.now()),
        configurable: true,
      });
      expect(await fieldOf(phone.profileId)).toBeNull();
      expect(codeOf(await phone.look())).toBe('INVALID_TRANSITION');
    } finally {
      if (end === undefined) Reflect.deleteProperty(authority, 'validTo');
      else Object.defineProperty(authority, 'validTo', end);
    }
  });
});

describe('refused at once', () => {
  async function refusal(
    change: (phone: RenewingPhone) => Promise<unknown>,
    { certificates }: { certificates?: readonly string[] } = {},
  ): Promise<(string | undefined)[]> {
    const phone = await phoneEnding(20, certificates && { certificates });
    const { requests } = await phone.make();
    await change(phone);
    await swept();
    const rows = await rowsOf(server.database);
    const codes = [codeOf(await phone.look()), codeOf(await phone.tryRenew(requests))];
    expect(await rowsOf(server.database)).toEqual(rows);
    return codes;
  }
  /** What has run out changes by itself. */
  const swept = () =>
    eventually(async () => {
      const left = await server.database.query(
        `SELECT id FROM profile WHERE state IN ('ACTIVE', 'INACTIVE') AND valid_to <= now()`,
      );
      return left.length === 0 ? true : undefined;
    });
  const both = (code: string): string[] => [code, code];

  test('a mobile ID that is revoked', async () => {
    const codes = await refusal(({ profileId }) =>
      moveProfile(server, 'revokeProfile', profileId, { token: cast.operator.token }),
    );
    expect(codes).toEqual(both('INVALID_TRANSITION'));
  });

  test('a mobile ID that is suspended, and no longer once it is released', async () => {
    const phone = await phoneEnding(20);
    const { requests } = await phone.make();
    const { token } = cast.operator;
    await moveProfile(server, 'deactivateProfile', phone.profileId, { token });
    expect(codeOf(await phone.tryRenew(requests))).toBe('INVALID_TRANSITION');
    await moveProfile(server, 'reactivateProfile', phone.profileId, { token });
    expect((await phone.tryRenew(requests)).errors).toEqual([]);
  });

  test('a mobile ID that has run out', async () => {
    expect(await refusal(({ profileId }) => endsInDays(server, profileId, -1))).toEqual(
      both('INVALID_TRANSITION'),
    );
  });

  test.each(['ON_HOLD', 'REVOKED', 'EXPIRED'])('a certificate that is %s', async (status) => {
    const codes = await refusal(({ profileId }) =>
      server.database.query('UPDATE certificate SET status = $2 WHERE profile_id = $1', [
        profileId,
        status,
      ]),
    );
    expect(codes).toEqual(both('DEVICE_PROOF_REJECTED'));
  });

  test('who is locked, and what was renewed before is not told again', async () => {
    const person = await createPerson(server, cast.admin, newName('user'));
    const token = await sessionOf(server, person.id);
    const phone = await RenewingPhone.enrol(server, token, { projectId: cast.projectId });
    await endsInDays(server, phone.profileId, 20);
    const { requests } = await phone.make();
    expect((await phone.tryRenew(requests)).errors).toEqual([]);
    await server.graphql(
      'mutation ($id: ID!) { lockUser(id: $id, reason: "left") { id } }',
      { id: person.id },
      { token: cast.operator.token },
    );
    expect(codeOf(await phone.tryRenew(requests))).toBe('INVALID_TRANSITION');
    const standing = await certificatesOf(server, phone.profileId);
    expect(standing.filter((each) => !each.includes('REVOKED'))).toEqual([]);
  });

  test('keys that were certified before, or twice', async () => {
    const phone = await phoneEnding(20);
    const { data } = await phone.look();
    const challenge = data.mobileIdRenewal.challenge as string;
    const old = [...phone.keys].map(([kind, privateKey]) =>
      requestFor(kind, challenge, { privateKey }),
    );
    const { errors } = await phone.tryRenew(old);
    expect(errors[0]?.extensions).toMatchObject({ code: 'CSR_REJECTED', reason: 'KEY_REUSED' });
    const privateKey = ecKey();
    const twice = old.map(({ kind }) => requestFor(kind, challenge, { privateKey }));
    expect(codeOf(await phone.tryRenew(twice))).toBe('CSR_REJECTED');
  });

  test('other kinds than it has, and requests without the challenge', async () => {
    const phone = await phoneEnding(20);
    const { requests } = await phone.make();
    const { data } = await phone.look();
    const challenge = data.mobileIdRenewal.challenge as string;
    const [first] = requests;
    const wrong = [
      first === undefined ? [] : [first],
      [...requests, requestFor('ENCRYPTION', challenge)],
      requests.map(({ kind }) => requestFor(kind, 'f'.repeat(32))),
    ];
    for (const each of wrong) expect(codeOf(await phone.tryRenew(each))).toBe('CSR_REJECTED');
    expect(await certificatesOf(server, phone.profileId)).toHaveLength(2);
  });

  test("another mobile ID's challenge", async () => {
    const phone = await phoneEnding(20);
    const { requests } = await (await phoneEnding(20)).make();
    const { errors } = await phone.tryRenew(requests);
    expect(errors[0]?.extensions).toMatchObject({ code: 'CSR_REJECTED', reason: 'CHALLENGE' });
  });
});

describe('a proof is refused', () => {
  let phone: RenewingPhone;
  beforeAll(async () => (phone = await phoneEnding(20)));
  const now = (): number => Math.floor(Date.now() / 1000);

  async function reasonOf(changes: RenewalChanges): Promise<unknown> {
    const { errors } = await phone.look(phone.proof(undefined, changes));
    expect(errors[0]?.extensions.code).toBe('DEVICE_PROOF_REJECTED');
    return errors[0]?.extensions['reason'];
  }

  test.each<[string, string, () => RenewalChanges]>([
    ['for another server', 'AUDIENCE', () => ({ claims: { aud: 'https://other.example' } })],
    ['whose inner part is for another server', 'AUDIENCE', () => ({ innerClaims: { aud: 'x' } })],
    ['that is too old', 'TIME', () => ({ claims: { iat: now() - 100 } })],
    ['whose inner part is too old', 'TIME', () => ({ innerClaims: { iat: now() - 100 } })],
    ['from the future', 'TIME', () => ({ innerClaims: { iat: now() + 100 } })],
    ['without a time', 'TIME', () => ({ claims: { iat: undefined } })],
    ['of another type', 'FORM', () => ({ header: { typ: 'claim+jwt' } })],
    [
      'whose inner part is of another type',
      'FORM',
      () => ({ innerHeader: { typ: 'renewal+jwt' } }),
    ],
    ['without an inner part', 'FORM', () => ({ claims: { key: undefined } })],
    ['of no mobile ID', 'FORM', () => ({ claims: { sub: 'x' } })],
    ['of an unknown mobile ID', 'SIGNATURE', () => ({ claims: { sub: cast.adminId } })],
    ['by a key that is not the certificate’s', 'SIGNATURE', () => ({ key: ecKey() })],
    ['without an algorithm', 'SIGNATURE', () => ({ innerHeader: { alg: 'none' } })],
    ['by a symmetric algorithm', 'SIGNATURE', () => ({ innerHeader: { alg: 'HS256' } })],
    ['by another phone', 'DEVICE', () => ({ phone: new HonestOrNotPhone(server) })],
  ])('%s: %s', async (_title, reason, changes) => {
    expect(await reasonOf(changes())).toBe(reason);
  });

  test('by the key of a certificate of the same mobile ID that does not speak for it', async () => {
    const { errors } = await phone.look(phone.proof(undefined, {}, 'SIGNATURE'));
    expect(errors[0]?.extensions).toMatchObject({ code: 'DEVICE_PROOF_REJECTED', reason: 'KEY' });
  });

  test('where it was made for other requests, or for none', async () => {
    const { requests } = await phone.make();
    for (const proof of [phone.proof(), phone.proof([...requests].reverse())]) {
      const { errors } = await phone.tryRenew(requests, proof);
      expect(errors[0]?.extensions).toMatchObject({ reason: 'REQUESTS' });
    }
  });

  test('once too often from one address, before it is looked at', async () => {
    const wrong = phone.proof(undefined, { key: ecKey() });
    let code: string | undefined;
    for (let i = 0; i < 130 && code !== 'RATE_LIMITED'; i += 1)
      code = codeOf(await phone.look(wrong));
    expect(code).toBe('RATE_LIMITED');
    expect(codeOf(await phone.look())).toBe('RATE_LIMITED');
  });
});
