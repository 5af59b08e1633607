import { accessToken, createClient } from '../helpers/api-clients';
import { claimedOrder, gatherCast, order, statusOf, tryOrder, type Cast } from '../helpers/cast';
import { codeOf, type GraphqlAnswer } from '../helpers/graphql';
import { addMember, memberBy, removeMember, tryAddMember } from '../helpers/members';
import {
  AnyAnswerPhone,
  finishProof,
  readChallenge,
  sendAnswer,
  startProof,
} from '../helpers/mobile-id';
import { newName } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { auditOf, enrol, moveProfile, standingOf } from '../helpers/profiles';
import { forgetAttempts } from '../helpers/rows';
import { startTestServer, type TestServer } from '../helpers/server';
import { evidenceOf, sessionOf } from '../helpers/sessions';
import { Watcher } from '../helpers/subscription';

let server: TestServer;
let cast: Cast;
let operator: string;
let projectId: string;
let person: Person;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  operator = cast.operator.token;
});
beforeEach(async () => {
  await forgetAttempts(server.database);
  projectId = await createProject(server, cast.admin, newName('project'), {
    maxProfilesPerUser: 5,
  });
  person = await createPerson(server, cast.admin, newName('user'));
  token = await sessionOf(server, person.id);
  await add();
});
afterAll(() => server.stop());

const add = (by = operator): Promise<any> =>
  addMember(server, by, { projectId, userId: person.id });
const remove = (by = operator): Promise<GraphqlAnswer<any>> =>
  removeMember(server, by, { projectId, userId: person.id });
const supply = (input: object = {}, by = operator): Promise<GraphqlAnswer<any>> =>
  server.graphql(
    `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
       startEnrolmentForUser(userId: $userId, input: $input) { enrolment { id } } }`,
    { userId: person.id, input: { projectId, ...input } },
    { token: by },
  );
const offers = async (by = token): Promise<string[]> => {
  const { data } = await server.graphql('{ mobileIdOffers { projectId } }', {}, { token: by });
  return data.mobileIdOffers.map((offer: any) => offer.projectId as string);
};
const reasonOf = (answer: GraphqlAnswer<any>): unknown[] => [
  codeOf(answer),
  answer.errors[0]?.extensions['reason'],
];
const farewells = async (): Promise<string[]> =>
  (await server.mails())
    .filter(
      ({ to, subject }) =>
        to.includes(person.email) && subject.startsWith('You are no longer part'),
    )
    .map(({ text }) => text);

describe('who is removed from a project', () => {
  test('has his mobile IDs there suspended, and no others', async () => {
    const profileId = await enrol(server, token, { projectId });
    const elsewhere = await enrol(server, token, { projectId: cast.projectId });
    expect((await remove()).data).toEqual({ removeProjectMember: true });
    expect(await standingOf(server, profileId)).toEqual({
      state: 'INACTIVE',
      suspendedBy: ['PROJECT'],
      certificates: ['ON_HOLD'],
      reasons: ['certificateHold'],
    });
    expect(await standingOf(server, elsewhere)).toMatchObject({ state: 'ACTIVE', suspendedBy: [] });
    expect((await auditOf(server, profileId)).at(-1)).toEqual({
      actor: 'user:olga',
      action: 'profile.deactivate',
      detail: 'removed from the project',
    });
  });

  test('has proven nothing by them any more', async () => {
    const phone = await AnyAnswerPhone.enrol(server, token, projectId);
    const page = await sessionOf(server, person.id, ['PASSWORD']);
    const proof = await startProof(server, page);
    const { data } = await readChallenge(server, proof.code);
    await sendAnswer(server, proof.code, phone.answer(data.mobileIdChallenge, proof.number));
    const done = await finishProof(server, page, proof.id);
    const proven = done.data.finishMobileIdProof.token as string;
    expect(await evidenceOf(server, proven)).toEqual(['PASSWORD', 'MOBILE_ID']);
    await remove();
    expect(await evidenceOf(server, proven)).toEqual(['PASSWORD']);
  });

  test('has his order there cancelled, wherever it stands, and who watches sees it', async () => {
    const elsewhere = await order(server, token, { projectId: cast.projectId });
    const { order: placed, phone, task } = await claimedOrder(server, token, projectId);
    const watcher = new Watcher(server.url, placed.id, { watchToken: placed.watchToken });
    await watcher.until('SCANNED');
    await remove();
    await watcher.until('CANCELLED');
    expect(codeOf(await phone.tryActivate(task, phone.requestsFor(task)))).toBe(
      'ENROLMENT_CANCELLED',
    );
    expect(await statusOf(server, elsewhere.id)).toBe('WAITING_FOR_SCAN');
    await watcher.drop();
  });

  test('is told by mail, once', async () => {
    expect((await remove()).errors).toEqual([]);
    const { subject, text } = await server.mailTo(person.email);
    expect(subject).toMatch(/^You are no longer part of project-/);
    expect(text).toContain('you were removed from project-');
    expect(text).toContain('cannot be used any more');
    expect((await remove()).data).toEqual({ removeProjectMember: true });
    expect(await farewells()).toHaveLength(1);
  });

  test('is not told what is no longer so, nor where he has no address or is locked', async () => {
    const { work, members } = server.app.services;
    const { id } = await memberBy(server, operator, projectId, { userId: person.id });
    const scope = async () => work.read(await work.systemRequest('test', newName('request')));
    const removal = async () => members.removal(await scope(), id as string);
    expect(await removal()).toBeNull();
    await remove();
    expect(await removal()).toMatchObject({ address: person.email, serverName: 'Signet' });
    const note = (change: string) =>
      server.database.query(`UPDATE app_user SET ${change} WHERE id = $1`, [person.id]);
    await note('email = NULL');
    expect(await removal()).toBeNull();
    await note(`email = 'x@example.org', state = 'LOCKED'`);
    expect(await removal()).toBeNull();
    await note(`state = 'ACTIVE'`);
    await add();
    expect(await removal()).toBeNull();
    expect(await members.removal(await scope(), 'x')).toBeNull();
  });

  test('orders nothing there any more, and is offered nothing', async () => {
    expect(await offers()).toContain(projectId);
    const profileId = await enrol(server, token, { projectId });
    await remove();
    expect(await offers()).not.toContain(projectId);
    expect(await offers()).toContain(cast.projectId);
    const refused = ['FORBIDDEN', 'REMOVED_FROM_PROJECT'];
    expect(reasonOf(await tryOrder(server, token, { projectId }))).toEqual(refused);
    expect(reasonOf(await tryOrder(server, token, { replacesProfileId: profileId }))).toEqual(
      refused,
    );
    expect(reasonOf(await supply())).toEqual(refused);
    expect(reasonOf(await supply({ replacesProfileId: profileId }))).toEqual(refused);
  });

  test('cannot have his mobile ID reactivated, by himself or an operator, but can revoke it', async () => {
    const profileId = await enrol(server, token, { projectId });
    await moveProfile(server, 'deactivateMyProfile', profileId, { token });
    await remove();
    const refused = ['FORBIDDEN', 'REMOVED_FROM_PROJECT'];
    const move = (name: Parameters<typeof moveProfile>[1], by: string) =>
      moveProfile(server, name, profileId, { token: by });
    expect(reasonOf(await move('reactivateMyProfile', token))).toEqual(refused);
    expect(reasonOf(await move('reactivateProfile', operator))).toEqual(refused);
    expect(await standingOf(server, profileId)).toMatchObject({
      suspendedBy: ['HOLDER', 'PROJECT'],
    });
    expect((await move('revokeMyProfile', token)).errors).toEqual([]);
    expect(await standingOf(server, profileId)).toMatchObject({
      state: 'REVOKED',
      suspendedBy: [],
    });
  });

  test('stays suspended when his account is deactivated and activated', async () => {
    const profileId = await enrol(server, token, { projectId });
    await remove();
    for (const field of ['deactivateUser', 'activateUser']) {
      await server.graphql(
        `mutation ($id: ID!) { ${field}(id: $id) { id } }`,
        { id: person.id },
        { token: operator },
      );
    }
    expect(await standingOf(server, profileId)).toMatchObject({
      state: 'INACTIVE',
      suspendedBy: ['PROJECT'],
    });
  });

  test('who never was a member, or is unknown, is NOT_FOUND', async () => {
    const nobody = await createPerson(server, cast.admin, newName('user'));
    const tryRemove = (userId: string) => removeMember(server, operator, { projectId, userId });
    expect(codeOf(await tryRemove(nobody.id))).toBe('NOT_FOUND');
    expect(codeOf(await tryRemove('00000000-0000-4000-8000-000000000000'))).toBe('NOT_FOUND');
    expect(codeOf(await tryRemove('x'))).toBe('NOT_FOUND');
  });
});

describe('who is added again', () => {
  test('has his mobile IDs back, and may order', async () => {
    const profileId = await enrol(server, token, { projectId });
    await remove();
    await add();
    expect(await standingOf(server, profileId)).toEqual({
      state: 'ACTIVE',
      suspendedBy: [],
      certificates: ['VALID'],
      reasons: [null],
    });
    expect(await offers()).toContain(projectId);
    await enrol(server, token, { projectId });
  });

  test('has not back what he or an operator has suspended, nor what is over', async () => {
    const [own, operators, revoked] = [
      await enrol(server, token, { projectId }),
      await enrol(server, token, { projectId }),
      await enrol(server, token, { projectId }),
    ];
    await moveProfile(server, 'deactivateMyProfile', own, { token });
    await remove();
    await moveProfile(server, 'deactivateProfile', operators, { token: operator });
    await moveProfile(server, 'revokeProfile', revoked, { token: operator });
    await add();
    expect(await standingOf(server, own)).toMatchObject({
      state: 'INACTIVE',
      suspendedBy: ['HOLDER'],
      certificates: ['ON_HOLD'],
    });
    expect(await standingOf(server, operators)).toMatchObject({
      state: 'INACTIVE',
      suspendedBy: ['OPERATOR'],
    });
    expect(await standingOf(server, revoked)).toMatchObject({
      state: 'REVOKED',
      certificates: ['REVOKED'],
    });
  });

  test('has not added himself, though he is an operator', async () => {
    const mine = { projectId, userId: cast.operator.id };
    await addMember(server, operator, mine);
    await removeMember(server, cast.admin, mine);
    expect(reasonOf(await tryAddMember(server, operator, mine))).toEqual([
      'FORBIDDEN',
      'OWN_ACCOUNT',
    ]);
    expect((await tryAddMember(server, cast.admin, mine)).errors).toEqual([]);
  });
});

describe('a project for its members only', () => {
  let stranger: Person;
  let strangers: string;
  beforeEach(async () => {
    stranger = await createPerson(server, cast.admin, newName('stranger'));
    strangers = await sessionOf(server, stranger.id);
  });
  const settle = async (membersOnly: boolean): Promise<void> => {
    const { errors, data } = await server.graphql(
      `mutation ($id: ID!, $membersOnly: Boolean) {
         updateProjectSettings(id: $id, settings: { membersOnly: $membersOnly }) { settings { membersOnly } } }`,
      { id: projectId, membersOnly },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    expect(data.updateProjectSettings.settings).toEqual({ membersOnly });
  };

  test('is offered to them alone, and exists for nobody else', async () => {
    expect(await offers(strangers)).toContain(projectId);
    await settle(true);
    expect(await offers(strangers)).not.toContain(projectId);
    expect(await offers()).toContain(projectId);
    expect(codeOf(await tryOrder(server, strangers, { projectId }))).toBe('NOT_FOUND');
    await enrol(server, token, { projectId });
    await settle(false);
    await enrol(server, strangers, { projectId });
  });

  test('has no orders for others, whoever places them', async () => {
    await settle(true);
    person = stranger;
    const refused = ['FORBIDDEN', 'NOT_A_MEMBER'];
    expect(reasonOf(await supply())).toEqual(refused);
    const client = await createClient(server, cast.admin, { projectIds: [projectId] });
    const by = await accessToken(server, client);
    expect(reasonOf(await supply({}, by))).toEqual(refused);
    expect(reasonOf(await supply({ projectId: null }, by))).toEqual([
      'PROVISIONING_DISABLED',
      undefined,
    ]);
    await add();
    expect((await supply({}, by)).errors).toEqual([]);
  });

  test('leaves others what they have, and what they have begun', async () => {
    const profileId = await enrol(server, strangers, { projectId });
    const { code } = await order(server, strangers, { projectId });
    await settle(true);
    expect(await standingOf(server, profileId)).toMatchObject({ state: 'ACTIVE' });
    expect((await new HonestOrNotPhone(server).enrol(code)).profile.state).toBe('ACTIVE');
  });
});

describe('at once', () => {
  test('removed and activated: whichever comes first, no mobile ID is left that can be used', async () => {
    for (let round = 0; round < 8; round++) {
      await add();
      const { phone, task } = await claimedOrder(server, token, projectId);
      const requests = phone.requestsFor(task);
      const [activated, removed] = await Promise.all([phone.tryActivate(task, requests), remove()]);
      expect(removed.errors).toEqual([]);
      const refusals = activated.errors.map(({ extensions }) => extensions.code);
      expect([[], ['ENROLMENT_CANCELLED']]).toContainEqual(refusals);
      const usable = await server.database.query(
        `SELECT p.id FROM profile p JOIN certificate c ON c.profile_id = p.id
         WHERE p.user_id = $1 AND p.project_id = $2 AND (p.state = 'ACTIVE' OR c.status = 'VALID')`,
        [person.id, projectId],
      );
      expect(usable).toEqual([]);
    }
  });

  test('removed and ordering: no order is left open', async () => {
    for (let round = 0; round < 8; round++) {
      await add();
      await Promise.all([tryOrder(server, token, { projectId }), remove(), supply()]);
      const open = await server.database.query(
        `SELECT id, status FROM enrolment WHERE user_id = $1 AND project_id = $2 AND completed_at IS NULL`,
        [person.id, projectId],
      );
      expect(open).toEqual([]);
    }
  });
});
