import type { ChangeScope } from '../../src/platform/scope';
import { API_SCOPES } from '../../src/kernel/api-scopes';
import { accessToken, createClient } from '../helpers/api-clients';
import { claimedOrder, gatherCast, statusOf, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson, createProject } from '../helpers/people';
import {
  auditOf,
  enrol,
  holderOf,
  moveProfile,
  standingOf,
  type Holder,
  type ProfileMove,
} from '../helpers/profiles';
import { forgetAttempts, rowsOf, settled } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let holder: Holder;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 5 });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const MOVES: readonly ProfileMove[] = [
  'revokeMyProfile',
  'deactivateMyProfile',
  'reactivateMyProfile',
  'revokeProfile',
  'deactivateProfile',
  'reactivateProfile',
];
const isOwn = (move: ProfileMove): boolean => move.endsWith('MyProfile');
const call = (move: ProfileMove, more = ''): Promise<GraphqlAnswer<any>> =>
  moveProfile(server, move, holder.profileId, {
    token: isOwn(move) ? holder.token : cast.operator.token,
    more,
  });
const changeUser = (field: 'activateUser' | 'deactivateUser' | 'lockUser', id = holder.id) =>
  server.graphql(
    `mutation ($id: ID!) { ${field}(id: $id${field === 'lockUser' ? ', reason: "Left."' : ''}) { state } }`,
    { id },
    { token: cast.operator.token },
  );
const system = async (work: (scope: ChangeScope) => Promise<void>): Promise<void> => {
  const { work: unit } = server.app.services;
  await unit.change(await unit.systemRequest('test', 'test'), work);
};
const standing = () => standingOf(server, holder.profileId);

const STATES = {
  ACTIVE: () => Promise.resolve(),
  'INACTIVE by its holder': () => call('deactivateMyProfile'),
  'INACTIVE by an operator': () => call('deactivateProfile'),
  'INACTIVE by both': async () => {
    await call('deactivateMyProfile');
    await call('deactivateProfile');
  },
  REVOKED: () => call('revokeProfile'),
  'run out': () =>
    server.database.query('UPDATE profile SET valid_to = now() WHERE id = $1', [holder.profileId]),
  EXPIRED: async () => {
    const ended = [holder.profileId];
    await server.database.query('UPDATE profile SET valid_to = now() WHERE id = $1', ended);
    await server.database.query(
      'UPDATE certificate SET not_after = now() WHERE profile_id = $1',
      ended,
    );
    await system((scope) => server.app.services.profiles.expire(scope));
  },
} as const;
type From = keyof typeof STATES;

const ACTIVE = { state: 'ACTIVE', suspendedBy: [], certificates: ['VALID'] };
const REVOKED = { state: 'REVOKED', suspendedBy: [], certificates: ['REVOKED'] };
const suspended = (...suspendedBy: string[]) => ({
  ...{ state: 'INACTIVE', suspendedBy },
  certificates: ['ON_HOLD'],
});
const refused = (from: string, to: string) => ({ code: 'INVALID_TRANSITION', from, to });
const revoking: Readonly<Record<From, object>> = {
  ACTIVE: REVOKED,
  'INACTIVE by its holder': REVOKED,
  'INACTIVE by an operator': REVOKED,
  'INACTIVE by both': REVOKED,
  REVOKED,
  'run out': refused('EXPIRED', 'REVOKED'),
  EXPIRED: refused('EXPIRED', 'REVOKED'),
};
const over = (to: string) => ({
  REVOKED: refused('REVOKED', to),
  'run out': refused('EXPIRED', to),
  EXPIRED: refused('EXPIRED', to),
});
/** What each move makes of each state, by hand. */
const OUTCOMES: Readonly<Record<ProfileMove, Readonly<Record<From, object>>>> = {
  revokeMyProfile: revoking,
  revokeProfile: revoking,
  deactivateMyProfile: {
    ACTIVE: suspended('HOLDER'),
    'INACTIVE by its holder': suspended('HOLDER'),
    'INACTIVE by an operator': suspended('OPERATOR', 'HOLDER'),
    'INACTIVE by both': suspended('HOLDER', 'OPERATOR'),
    ...over('INACTIVE'),
  },
  deactivateProfile: {
    ACTIVE: suspended('OPERATOR'),
    'INACTIVE by its holder': suspended('HOLDER', 'OPERATOR'),
    'INACTIVE by an operator': suspended('OPERATOR'),
    'INACTIVE by both': suspended('HOLDER', 'OPERATOR'),
    ...over('INACTIVE'),
  },
  reactivateMyProfile: {
    ACTIVE,
    'INACTIVE by its holder': ACTIVE,
    'INACTIVE by an operator': { code: 'FORBIDDEN', reason: 'SUSPENDED_BY_OPERATOR' },
    'INACTIVE by both': { code: 'FORBIDDEN', reason: 'SUSPENDED_BY_OPERATOR' },
    ...over('ACTIVE'),
  },
  reactivateProfile: {
    ACTIVE,
    'INACTIVE by its holder': ACTIVE,
    'INACTIVE by an operator': ACTIVE,
    'INACTIVE by both': ACTIVE,
    ...over('ACTIVE'),
  },
};
const isPossible = ([move, from]: [ProfileMove, From]): boolean =>
  !('code' in OUTCOMES[move][from]);
const everyMove = MOVES.flatMap((move) =>
  Object.keys(STATES).map((from): [ProfileMove, From] => [move, from as From]),
);

/** Somebody whom no other test knows. */
async function someoneNew(): Promise<void> {
  holder = await holderOf(server, cast);
}

/** As if nothing had happened to the mobile ID. */
async function asNew(): Promise<void> {
  const ids = [holder.profileId];
  await server.database.query(
    `UPDATE profile SET state = 'ACTIVE', suspended_by = '{}', valid_to = now() + interval '1 year' WHERE id = $1`,
    ids,
  );
  await server.database.query(
    `UPDATE certificate SET status = 'VALID', not_after = now() + interval '1 year', revoked_at = NULL,
       revocation_reason = NULL WHERE profile_id = $1`,
    ids,
  );
}

describe('every move from every state', () => {
  beforeAll(someoneNew);
  beforeEach(asNew);

  test.each(everyMove.filter(isPossible))('%s of one that is %s', async (move, from) => {
    await STATES[from]();
    const { data, errors } = await call(move);
    expect(errors).toEqual([]);
    const { certificates, ...profile } = data[move];
    const statuses = [...new Set(certificates.map(({ status }: any) => status))];
    expect({ ...profile, certificates: statuses }).toMatchObject(OUTCOMES[move][from]);
    expect(await standing()).toMatchObject(OUTCOMES[move][from]);
  });

  test.each(everyMove.filter((pair) => !isPossible(pair)))(
    '%s is refused of one that is %s',
    async (move, from) => {
      await STATES[from]();
      const before = await standing();
      const { errors } = await call(move);
      expect(errors[0]?.extensions).toMatchObject(OUTCOMES[move][from]);
      const { state, certificates, reasons } = await standing();
      expect({ certificates, reasons }).toEqual({
        certificates: before.certificates,
        reasons: before.reasons,
      });
      expect([before.state, 'EXPIRED']).toContain(state); // the sweep may have seen it by now
    },
  );

  test.each(MOVES)(
    '%s called again, because the answer was lost, changes nothing',
    async (move) => {
      if (move.startsWith('reactivate'))
        await call(isOwn(move) ? 'deactivateMyProfile' : 'deactivateProfile');
      const first = await call(move);
      await settled(server.database);
      const rows = await rowsOf(server.database);
      const again = await call(move);
      expect(again.errors).toEqual([]);
      expect(again.data).toEqual(first.data);
      expect(await rowsOf(server.database)).toEqual(rows);
    },
  );
});

describe('revoking', () => {
  beforeEach(someoneNew);

  test.each([
    ['', 'unspecified'],
    [', cause: UNSPECIFIED', 'unspecified'],
    [', cause: KEY_COMPROMISE', 'keyCompromise'],
    [', cause: AFFILIATION_CHANGED', 'affiliationChanged'],
    [', cause: SUPERSEDED', 'superseded'],
    [', cause: CESSATION_OF_OPERATION', 'cessationOfOperation'],
    [', cause: PRIVILEGE_WITHDRAWN', 'privilegeWithdrawn'],
  ])('with%s tells relying parties %s', async (more, reason) => {
    const { data } = await call('revokeProfile', more);
    expect(data.revokeProfile.certificates).toEqual([
      { status: 'REVOKED', revocationReason: reason, revokedAt: expect.any(String) },
      { status: 'REVOKED', revocationReason: reason, revokedAt: expect.any(String) },
    ]);
  });

  test('after a suspension replaces certificateHold', async () => {
    await call('deactivateProfile');
    expect((await standing()).reasons).toEqual(['certificateHold']);
    await call('revokeProfile', ', cause: KEY_COMPROMISE');
    expect((await standing()).reasons).toEqual(['keyCompromise']);
  });

  test('leaves other mobile IDs of the same user alone', async () => {
    const other = await enrol(server, holder.token, { projectId: cast.projectId });
    await call('revokeMyProfile');
    expect(await standingOf(server, other)).toMatchObject(ACTIVE);
  });

  test('leaves what is being ordered alone', async () => {
    const { order: placed, phone, task } = await claimedOrder(server, holder.token, cast.projectId);
    await call('revokeMyProfile');
    expect(await statusOf(server, placed.id)).toBe('SCANNED');
    expect((await phone.tryActivate(task, phone.requestsFor(task))).errors).toEqual([]);
  });

  test('makes room for another one', async () => {
    const projectId = await createProject(server, cast.admin, newName('one'), {
      maxProfilesPerUser: 1,
    });
    const one = await holderOf(server, { ...cast, projectId });
    await expect(enrol(server, one.token, { projectId })).rejects.toThrow('PROFILE_LIMIT_REACHED');
    await moveProfile(server, 'deactivateMyProfile', one.profileId, { token: one.token });
    await expect(enrol(server, one.token, { projectId })).rejects.toThrow('PROFILE_LIMIT_REACHED');
    await moveProfile(server, 'revokeMyProfile', one.profileId, { token: one.token });
    expect(await enrol(server, one.token, { projectId })).not.toBe('');
  });

  test('of many at the same time ends once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => call(i % 2 === 0 ? 'revokeProfile' : 'revokeMyProfile')),
    );
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(await auditOf(server, holder.profileId)).toHaveLength(1);
  });

  test('against suspending and reactivating at the same time wins for good', async () => {
    const moves = [...MOVES, ...MOVES].map((move) => call(move));
    const answers = await Promise.all(moves);
    const codes = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code));
    expect(codes.filter((code) => !['INVALID_TRANSITION', 'FORBIDDEN'].includes(code))).toEqual([]);
    expect(await standing()).toMatchObject(REVOKED);
  });
});

describe('what is asked for', () => {
  beforeEach(someoneNew);

  const own = (move: ProfileMove, token: string) =>
    moveProfile(server, move, holder.profileId, { token });

  test('revoking needs a fresh proof, suspending does not', async () => {
    const token = await sessionOf(server, holder.id, ['PASSWORD']);
    await server.database.query(
      `UPDATE session_evidence e SET at = now() - interval '11 minutes' FROM session s
       WHERE s.id = e.session_id AND s.user_id = $1`,
      [holder.id],
    );
    const refusal = await own('revokeMyProfile', token);
    expect(refusal.errors[0]?.extensions).toMatchObject({
      code: 'INSUFFICIENT_USER_AUTHENTICATION',
      resource: '/mobile-id/revoke',
    });
    expect((await own('deactivateMyProfile', token)).errors).toEqual([]);
  });

  test('reactivating needs what ordering needs', async () => {
    await call('deactivateMyProfile');
    const token = await sessionOf(server, holder.id, ['PASSWORD']);
    expect((await own('reactivateMyProfile', token)).errors[0]?.extensions).toMatchObject({
      code: 'INSUFFICIENT_USER_AUTHENTICATION',
      resource: '/mobile-id/get',
    });
    expect(await standing()).toMatchObject(suspended('HOLDER'));
  });

  test("another user's mobile ID looks like none", async () => {
    for (const move of MOVES.filter(isOwn)) {
      expect(codeOf(await own(move, cast.other.token))).toBe('NOT_FOUND');
      expect(codeOf(await own(move, cast.operator.token))).toBe('NOT_FOUND');
      const nothing = { token: holder.token };
      expect(codeOf(await moveProfile(server, move, 'nothing', nothing))).toBe('NOT_FOUND');
    }
    expect(await standing()).toMatchObject(ACTIVE);
  });

  test.each(MOVES.filter((move) => !move.startsWith('reactivate')))(
    '%s takes a reason that people can read, of at most 500 characters',
    async (move) => {
      for (const reason of ['', '  ', String.raw`a\u0000b`, 'x'.repeat(501)]) {
        const { errors } = await call(move, `, reason: "${reason}"`);
        expect(errors[0]?.extensions).toMatchObject({
          code: 'INVALID_INPUT',
          fields: [{ field: 'reason' }],
        });
      }
      expect(await standing()).toMatchObject(ACTIVE);
      expect((await call(move, `, reason: "${'x'.repeat(500)}"`)).errors).toEqual([]);
    },
  );

  test('a user cannot go on for ever', async () => {
    const answers: GraphqlAnswer<any>[] = [];
    for (let i = 0; i < 61; i += 1) answers.push(await call('deactivateMyProfile'));
    expect(codeOf(answers.at(-1) ?? { errors: [] })).toBe('RATE_LIMITED');
    expect(answers.slice(0, 60).flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe('nobody acts on the mobile ID of who holds a role that he lacks', () => {
  beforeEach(someoneNew);

  test.each(MOVES.filter((move) => !isOwn(move)))('by %s', async (move) => {
    holder = await holderOf(server, cast, ['ADMIN']);
    expect(codeOf(await call(move))).toBe('FORBIDDEN');
    expect(await standing()).toMatchObject(ACTIVE);
    const byAdmin = await moveProfile(server, move, holder.profileId, { token: cast.admin });
    expect(byAdmin.errors).toEqual([]);
  });

  test('an operator who has just lost his role does nothing any more', async () => {
    const operator = await createPerson(server, cast.admin, newName('operator'), ['OPERATOR']);
    const token = await sessionOf(server, operator.id);
    await server.database.query(`UPDATE app_user SET roles = '{USER}' WHERE id = $1`, [
      operator.id,
    ]);
    const answer = await moveProfile(server, 'revokeProfile', holder.profileId, { token });
    expect(codeOf(answer)).toBe('FORBIDDEN');
  });

  test('an operator does not lift the suspension of his own mobile ID', async () => {
    holder = await holderOf(server, cast, ['OPERATOR']);
    await call('deactivateProfile');
    const own = { token: holder.token };
    const answer = await moveProfile(server, 'reactivateProfile', holder.profileId, own);
    expect(answer.errors[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      reason: 'OWN_ACCOUNT',
    });
    expect(await standing()).toMatchObject(suspended('OPERATOR'));
  });
});

describe('an API client', () => {
  beforeEach(someoneNew);

  test('may not, out of the box; where a rule lets it, in its projects only', async () => {
    const client = await createClient(server, cast.admin, { scopes: API_SCOPES });
    const projectIds = [await createProject(server, cast.admin, newName('elsewhere'))];
    const scopes = API_SCOPES.filter((scope) => scope !== 'users:write');
    const outside = await createClient(server, cast.admin, { scopes, projectIds });
    const by = async (who: typeof client) =>
      moveProfile(server, 'revokeProfile', holder.profileId, {
        token: await accessToken(server, who),
      });
    expect(codeOf(await by(client))).toBe('FORBIDDEN');
    const rule = await server.graphql(
      `mutation { createAccessRule(input: { name: "Clients revoke", resources: ["/operator/profiles"], require: [],
         when: { callers: [API_CLIENT], scopes: ["enrolment:create"] } }) { id } }`,
      {},
      { token: cast.admin },
    );
    expect(rule.errors).toEqual([]);
    expect(codeOf(await by(outside))).toBe('NOT_FOUND');
    expect(await standing()).toMatchObject(ACTIVE);
    expect((await by(client)).errors).toEqual([]);
    await server.graphql(
      'mutation ($id: ID!) { deleteAccessRule(id: $id) }',
      { id: rule.data.createAccessRule.id },
      { token: cast.admin },
    );
  });
});

describe('the audit log', () => {
  beforeEach(someoneNew);

  test('names who did what to which mobile ID, and why', async () => {
    await call('deactivateMyProfile', ', reason: "Left it on the train."');
    await call('reactivateMyProfile');
    await call('deactivateProfile', ', reason: "He called."');
    await call('reactivateProfile');
    await call('revokeProfile', ', reason: "Stolen.", cause: KEY_COMPROMISE');
    const own = `user:${holder.username}`;
    expect(await auditOf(server, holder.profileId)).toEqual([
      { actor: own, action: 'profile.deactivate', detail: 'Left it on the train.' },
      { actor: own, action: 'profile.reactivate', detail: null },
      { actor: 'user:olga', action: 'profile.deactivate', detail: 'He called.' },
      { actor: 'user:olga', action: 'profile.reactivate', detail: null },
      { actor: 'user:olga', action: 'profile.revoke', detail: 'KEY_COMPROMISE Stolen.' },
    ]);
  });

  test('has an entry for each mobile ID that follows its user, by who changed the user', async () => {
    const other = await enrol(server, holder.token, { projectId: cast.projectId });
    await changeUser('deactivateUser');
    await changeUser('activateUser');
    await changeUser('lockUser');
    const entries = [
      { actor: 'user:olga', action: 'profile.deactivate', detail: 'user deactivated' },
      { actor: 'user:olga', action: 'profile.reactivate', detail: 'user activated' },
      { actor: 'user:olga', action: 'profile.revoke', detail: 'user locked' },
    ];
    expect(await auditOf(server, holder.profileId)).toEqual(entries);
    expect(await auditOf(server, other)).toEqual(entries);
  });

  test('says of what has run out that it has, once', async () => {
    await STATES.EXPIRED();
    await system((scope) => server.app.services.profiles.expire(scope));
    const entries = await auditOf(server, holder.profileId);
    expect(entries.map(({ action }) => action)).toEqual(['profile.expire']);
  });

  test('says of certificates that have run out before their mobile ID which they were', async () => {
    await server.database.query(
      `UPDATE certificate SET not_after = now() WHERE profile_id = $1 AND kind = 'AUTHENTICATION'`,
      [holder.profileId],
    );
    await system((scope) => server.app.services.profiles.expire(scope));
    expect(await auditOf(server, holder.profileId)).toEqual([
      {
        actor: expect.stringMatching(/^system:/),
        action: 'profile.expire-certificates',
        detail: 'AUTHENTICATION',
      },
    ]);
  });
});

describe('who is activated again', () => {
  beforeEach(someoneNew);

  test.each([
    ['deactivateMyProfile', 'HOLDER'],
    ['deactivateProfile', 'OPERATOR'],
  ] as const)('does not get back what %s has suspended on its own', async (move, by) => {
    const other = await enrol(server, holder.token, { projectId: cast.projectId });
    await call(move);
    await changeUser('deactivateUser');
    expect(await standing()).toMatchObject(suspended(by, 'ACCOUNT'));
    expect(await standingOf(server, other)).toMatchObject(suspended('ACCOUNT'));
    await changeUser('activateUser');
    expect(await standing()).toMatchObject(suspended(by));
    expect(await standingOf(server, other)).toMatchObject(ACTIVE);
    expect((await call('reactivateProfile')).errors).toEqual([]);
    expect(await standing()).toMatchObject(ACTIVE);
  });

  test('does not get back what was revoked or has run out meanwhile', async () => {
    const other = await enrol(server, holder.token, { projectId: cast.projectId });
    await changeUser('deactivateUser');
    await call('revokeProfile');
    await server.database.query('UPDATE profile SET valid_to = now() WHERE id = $1', [other]);
    await changeUser('activateUser');
    expect(await standing()).toMatchObject(REVOKED);
    expect((await standingOf(server, other)).state).not.toBe('ACTIVE');
    expect((await standingOf(server, other)).certificates).not.toContain('VALID');
  });
});

describe('while a user is deactivated', () => {
  beforeEach(someoneNew);
  beforeEach(() => changeUser('deactivateUser'));

  test('no operator reactivates a mobile ID of his', async () => {
    expect(codeOf(await call('reactivateProfile'))).toBe('USER_NOT_ACTIVE');
    expect(await standing()).toMatchObject(suspended('ACCOUNT'));
  });

  test('an operator may suspend one for longer, or revoke it', async () => {
    expect((await call('deactivateProfile')).errors).toEqual([]);
    expect(await standing()).toMatchObject(suspended('ACCOUNT', 'OPERATOR'));
    await changeUser('activateUser');
    expect(await standing()).toMatchObject(suspended('OPERATOR'));
    expect((await call('revokeProfile')).errors).toEqual([]);
  });
});

describe('a user and his mobile IDs', () => {
  beforeEach(someoneNew);

  test('a refused change of a user says from which state to which', async () => {
    await changeUser('lockUser');
    expect((await changeUser('activateUser')).errors[0]?.extensions).toMatchObject({
      code: 'INVALID_TRANSITION',
      from: 'LOCKED',
      to: 'ACTIVE',
    });
  });

  test('suspending a user and his mobile ID at the same time leaves it suspended on its own', async () => {
    await Promise.all([changeUser('deactivateUser'), call('deactivateProfile')]);
    await changeUser('activateUser');
    expect(await standing()).toMatchObject(suspended('OPERATOR'));
  });

  test('run out and are locked at the same time, and nobody waits in a circle', async () => {
    for (let i = 0; i < 3; i += 1) await enrol(server, holder.token, { projectId: cast.projectId });
    const ids = [holder.id];
    await server.database.query('UPDATE profile SET valid_to = now() WHERE user_id = $1', ids);
    await server.database.query(
      'UPDATE certificate SET not_after = now() WHERE profile_id IN (SELECT id FROM profile WHERE user_id = $1)',
      ids,
    );
    const sweeps = Array.from({ length: 5 }, () =>
      system((scope) => server.app.services.profiles.expire(scope)),
    );
    const [locked] = await Promise.all([changeUser('lockUser'), ...sweeps]);
    expect(locked.errors).toEqual([]);
    const left = await server.database.query(
      `SELECT p.id FROM profile p JOIN certificate c ON c.profile_id = p.id
       WHERE p.user_id = $1 AND (p.state = 'ACTIVE' OR c.status = 'VALID')`,
      ids,
    );
    expect(left).toEqual([]);
  });

  test('where the audit log cannot be written, a whole cascade is undone', async () => {
    await enrol(server, holder.token, { projectId: cast.projectId });
    await settled(server.database);
    const before = await rowsOf(server.database);
    await server.database
      .query(`CREATE FUNCTION refuse_revocations() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.action = 'profile.revoke' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$`);
    await server.database.query(`CREATE TRIGGER refuse_revocations BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_revocations()`);
    try {
      expect(codeOf(await changeUser('lockUser'))).toBe('INTERNAL');
    } finally {
      await server.database.query('DROP TRIGGER refuse_revocations ON audit_entry');
      await server.database.query('DROP FUNCTION refuse_revocations()');
    }
    expect(await rowsOf(server.database)).toEqual(before);
  });
});
