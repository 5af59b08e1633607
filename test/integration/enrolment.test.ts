import { claimedOrder, gatherCast, order, statusOf, tryOrder, type Cast } from '../helpers/cast';
import { codeOf, type Caller } from '../helpers/graphql';
import { newName, orderFor } from '../helpers/orders';
import { createPerson, createProject, type Person } from '../helpers/people';
import { HonestOrNotPhone } from '../helpers/phone';
import { forgetAttempts } from '../helpers/rows';
import { noteSecret } from '../helpers/run';
import { eventually, startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
const input = (more: Record<string, unknown> = {}) => ({ projectId: cast.projectId, ...more });

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server, { maxProfilesPerUser: 100 });
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const ask = (fields: string, id: string, caller: Caller = { token: cast.alva.token }) =>
  server.graphql(`query ($id: ID!) { enrolment(id: $id) { ${fields} } }`, { id }, caller);
const renew = (id: string, caller: Caller = { token: cast.alva.token }) =>
  server.graphql(
    'mutation ($id: ID!) { renewEnrolmentCode(id: $id) { id status qr { uri } codeExpiresAt } }',
    { id },
    caller,
  );
const cancel = (id: string, caller: Caller = { token: cast.alva.token }) =>
  server.graphql('mutation ($id: ID!) { cancelEnrolment(id: $id) { status } }', { id }, caller);
const runOut = (id: string) =>
  server.database.query(
    `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
    [id],
  );
const until = (id: string, status: string) =>
  eventually(async () => ((await statusOf(server, id)) === status ? true : undefined));

describe('an idempotency key', () => {
  test('gives the same enrolment again, with the same code and watch token', async () => {
    const key = { idempotencyKey: newName('key') };
    const first = await order(server, cast.alva.token, input(key));
    expect(await order(server, cast.alva.token, input(key))).toEqual(first);
  });

  test('gives it to ten calls at the same time', async () => {
    const key = { idempotencyKey: newName('key') };
    const all = await Promise.all(
      Array.from({ length: 10 }, () => order(server, cast.alva.token, input(key))),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
  });

  test('gives it even when it is over by now', async () => {
    const key = { idempotencyKey: newName('key') };
    const { id } = await order(server, cast.alva.token, input(key));
    await cancel(id);
    const { data } = await tryOrder(server, cast.alva.token, input(key));
    expect(data.startEnrolment.enrolment).toMatchObject({ id, status: 'CANCELLED', qr: null });
  });

  test('gives it even when the project no longer takes orders', async () => {
    const projectId = await createProject(server, cast.admin, newName('p'));
    const placed = { projectId, idempotencyKey: newName('key') };
    const { id } = await order(server, cast.alva.token, placed);
    await server.graphql(
      `mutation ($id: ID!) { updateProjectSettings(id: $id, settings: { selfService: false }) { id } }`,
      { id: projectId },
      { token: cast.admin },
    );
    expect((await order(server, cast.alva.token, placed)).id).toBe(id);
    expect(codeOf(await tryOrder(server, cast.alva.token, { projectId }))).toBe(
      'PROVISIONING_DISABLED',
    );
  });

  test.each([{ validityDays: 7 }, { certificates: ['SIGNATURE'] }, { channel: 'SCREEN' }])(
    'of an order with other input (%j) is a CONFLICT',
    async (other) => {
      const key = { idempotencyKey: newName('key') };
      const { id } = await order(server, cast.alva.token, input(key));
      const answer = await tryOrder(server, cast.alva.token, input({ ...key, ...other }));
      expect(codeOf(answer)).toBe('CONFLICT');
      expect(answer.errors[0]?.extensions['fields']).toMatchObject([
        { field: 'input.idempotencyKey' },
      ]);
      expect(await statusOf(server, id)).toBe('WAITING_FOR_SCAN');
    },
  );

  test('is its caller’s own', async () => {
    const key = { idempotencyKey: newName('key') };
    const his = await order(server, cast.alva.token, input(key));
    expect((await order(server, cast.other.token, input(key))).id).not.toBe(his.id);
  });

  test('of an order for one user is a CONFLICT for another', async () => {
    const key = newName('key');
    const forUser = (userId: string) =>
      server.graphql(
        `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
           startEnrolmentForUser(userId: $userId, input: $input) { enrolment { id } } }`,
        { userId, input: input({ idempotencyKey: key }) },
        { token: cast.operator.token },
      );
    expect((await forUser(cast.alva.id)).errors).toEqual([]);
    expect(codeOf(await forUser(cast.other.id))).toBe('CONFLICT');
  });
});

describe('a code that ran out', () => {
  test('is renewed as another one, under the same watch token', async () => {
    const placed = await order(server, cast.alva.token, input());
    await runOut(placed.id);
    await until(placed.id, 'CODE_EXPIRED');
    const { data } = await renew(placed.id, { watchToken: placed.watchToken });
    expect(data.renewEnrolmentCode.status).toBe('WAITING_FOR_SCAN');
    const seen = await ask('id qr { uri }', placed.id, { watchToken: placed.watchToken });
    expect(seen.data.enrolment.qr).toEqual(data.renewEnrolmentCode.qr);
    expect(data.renewEnrolmentCode.qr.uri).not.toContain(placed.code);
  });

  test('is renewed once by two calls at the same time', async () => {
    const placed = await order(server, cast.alva.token, input());
    await runOut(placed.id);
    await until(placed.id, 'CODE_EXPIRED');
    const answers = await Promise.all([renew(placed.id), renew(placed.id)]);
    const refused = answers.filter(({ errors }) => errors.length > 0).map(codeOf);
    expect(refused).toEqual(['INVALID_TRANSITION']);
  });

  test('is not renewed before that, nor once a phone has it, nor when all is over', async () => {
    const fresh = await order(server, cast.alva.token, input());
    expect(codeOf(await renew(fresh.id))).toBe('INVALID_TRANSITION');
    await new HonestOrNotPhone(server).claim(fresh.code);
    await runOut(fresh.id);
    expect(codeOf(await renew(fresh.id))).toBe('INVALID_TRANSITION');
    await cancel(fresh.id);
    expect(codeOf(await renew(fresh.id))).toBe('INVALID_TRANSITION');
  });

  test('is not renewed past the end of the whole enrolment', async () => {
    const placed = await order(server, cast.alva.token, input());
    await runOut(placed.id);
    await server.database.query('UPDATE enrolment SET expires_at = now() WHERE id = $1', [
      placed.id,
    ]);
    expect(codeOf(await renew(placed.id))).toBe('ENROLMENT_EXPIRED');
    await until(placed.id, 'EXPIRED');
  });

  test('does not take a phone by surprise that has scanned in time', async () => {
    const {
      order: placed,
      phone,
      task,
    } = await claimedOrder(server, cast.alva.token, cast.projectId);
    await runOut(placed.id);
    expect(await phone.claim(placed.code)).toEqual(task);
    expect((await phone.tryActivate(task, phone.requestsFor(task))).errors).toEqual([]);
  });
});

describe('a cancelled enrolment', () => {
  test('stays so', async () => {
    const { id } = await order(server, cast.alva.token, input());
    const { data } = await cancel(id);
    expect(data.cancelEnrolment.status).toBe('CANCELLED');
    expect(codeOf(await cancel(id))).toBe('INVALID_TRANSITION');
  });

  test.each(['not an id', '00000000-0000-4000-8000-000000000000'])(
    'cannot be one that is not there (%s)',
    async (id) => {
      expect(codeOf(await cancel(id))).toBe('NOT_FOUND');
    },
  );

  test('by ten calls at the same time is cancelled once', async () => {
    const { id } = await order(server, cast.alva.token, input());
    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(id)));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  });
});

describe('what is ordered', () => {
  const certificatesOf = async (id: string) =>
    (await ask('certificates', id)).data.enrolment.certificates as string[];

  test('is what the project says, unless the caller does', async () => {
    const plain = await order(server, cast.alva.token, input());
    expect(await certificatesOf(plain.id)).toEqual(['AUTHENTICATION', 'SIGNATURE']);
    const chosen = await order(
      server,
      cast.alva.token,
      input({ certificates: ['ENCRYPTION', 'AUTHENTICATION'] }),
    );
    expect(await certificatesOf(chosen.id)).toEqual(['AUTHENTICATION', 'ENCRYPTION']);
    const { profile } = await new HonestOrNotPhone(server).enrol(chosen.code);
    expect(profile.certificates.map(({ kind }: { kind: string }) => kind)).toEqual([
      'AUTHENTICATION',
      'ENCRYPTION',
    ]);
  });

  test('is valid for two years, or as long as was asked for', async () => {
    for (const [days, more] of [
      [730, {}],
      [30, { validityDays: 30 }],
    ] as const) {
      const placed = await order(server, cast.alva.token, input(more));
      const { profile } = await new HonestOrNotPhone(server).enrol(placed.code);
      const lasts = Date.parse(profile.validTo) - Date.parse(profile.validFrom);
      expect(lasts / 86_400_000).toBe(days);
      for (const { notAfter } of profile.certificates) {
        expect(Math.abs(Date.parse(notAfter) - Date.parse(profile.validTo))).toBeLessThan(1000);
      }
    }
  });

  test('is not what the project does not let choose', async () => {
    const projectId = await createProject(server, cast.admin, newName('p'), {
      defaultCertificates: ['SIGNATURE'],
      selectableCertificates: ['SIGNATURE'],
    });
    const answer = await tryOrder(server, cast.alva.token, {
      projectId,
      certificates: ['SIGNATURE', 'ENCRYPTION'],
    });
    expect(codeOf(answer)).toBe('CERTIFICATE_NOT_SELECTABLE');
    expect(answer.errors[0]?.extensions['certificates']).toEqual(['ENCRYPTION']);
  });

  test('bears the names of the project’s templates, on the phone and in the profile', async () => {
    const name = newName('Bank');
    const projectId = await createProject(server, cast.admin, name, {
      serverName: 'Bank server',
      profileNameTemplate: '{projectName} at {serverName}',
      accountNameTemplate: '{displayName} <{email}>',
    });
    const names = {
      serverName: 'Bank server',
      profileName: `${name} at Bank server`,
      accountName: 'alva <alva@example.org>',
    };
    const { phone, task } = await claimedOrder(server, cast.alva.token, projectId);
    expect(task).toMatchObject(names);
    const { data } = await phone.tryActivate(task, phone.requestsFor(task));
    const { profileName, ...others } = names;
    expect(data.activateEnrolment.profile).toMatchObject({ ...others, name: profileName });
  });

  test('keeps to the settings of the day it was ordered', async () => {
    const projectId = await createProject(server, cast.admin, newName('p'), {
      confirmation: 'DEVICE_CODE',
    });
    const placed = await order(server, cast.alva.token, { projectId });
    const { errors } = await server.graphql(
      `mutation ($id: ID!, $settings: ProvisioningSettingsInput!) {
         updateProjectSettings(id: $id, settings: $settings) { id } }`,
      { id: projectId, settings: { confirmation: 'NONE', serverName: 'Renamed' } },
      { token: cast.admin },
    );
    expect(errors).toEqual([]);
    const task = await new HonestOrNotPhone(server).claim(placed.code);
    expect(task.confirmationCode).toMatch(/^\d{6}$/);
    expect(task.serverName).toBe('Signet');
  });

  test('needs a project that lets users order; operators may in any case', async () => {
    const projectId = await createProject(server, cast.admin, newName('p'), {
      selfService: false,
    });
    expect(codeOf(await tryOrder(server, cast.alva.token, { projectId }))).toBe(
      'PROVISIONING_DISABLED',
    );
    const placed = await orderFor(server, { admin: cast.operator.token, projectId }, cast.alva.id);
    expect(placed.code).not.toBe('');
  });

  test('needs to be named where there are several offers', async () => {
    const answer = await tryOrder(server, cast.alva.token, {});
    expect(codeOf(answer)).toBe('INVALID_INPUT');
    expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.projectId' }]);
  });
});

describe('the QR code', () => {
  const shownTo = async (id: string, caller: Caller): Promise<boolean> =>
    (await ask('id qr { uri }', id, caller)).data.enrolment.qr !== null;

  test('is shown to the session that ordered and to the watch token, in every form', async () => {
    const placed = await order(server, cast.alva.token, input());
    expect(await shownTo(placed.id, { token: cast.alva.token })).toBe(true);
    expect(await shownTo(placed.id, { watchToken: placed.watchToken })).toBe(true);
    const { data } = await ask('qr { uri svg text png(size: 64) }', placed.id);
    expect(data.enrolment.qr.svg).toMatch(/^<svg|^<\?xml/);
    expect(Buffer.from(data.enrolment.qr.png, 'base64').subarray(1, 4).toString()).toBe('PNG');
  });

  test('is not shown to another session of the same user', async () => {
    const placed = await order(server, cast.alva.token, input());
    const token = await sessionOf(server, cast.alva.id);
    expect(await shownTo(placed.id, { token })).toBe(false);
  });

  test('is shown to the operator who ordered, and not to the user it is for', async () => {
    const placed = await orderFor(
      server,
      { admin: cast.operator.token, projectId: cast.projectId },
      cast.alva.id,
    );
    expect(await shownTo(placed.id, { token: cast.operator.token })).toBe(true);
    expect(await shownTo(placed.id, { token: cast.alva.token })).toBe(false);
  });

  test('is not shown to the phone, nor once it was scanned or ran out', async () => {
    const { order: placed, task } = await claimedOrder(server, cast.alva.token, cast.projectId);
    expect(await shownTo(placed.id, { deviceToken: task.deviceToken })).toBe(false);
    expect(await shownTo(placed.id, { token: cast.alva.token })).toBe(false);
    const late = await order(server, cast.alva.token, input());
    await runOut(late.id);
    expect(await shownTo(late.id, { token: cast.alva.token })).toBe(false);
  });

  test('is shown in no list', async () => {
    await order(server, cast.alva.token, input());
    const { data } = await server.graphql(
      '{ enrolments { totalCount nodes { status qr { uri } } } }',
      {},
      { token: await sessionOf(server, cast.operator.id) },
    );
    expect(data.enrolments.totalCount).toBeGreaterThan(0);
    expect(data.enrolments.nodes.filter(({ qr }: { qr: unknown }) => qr !== null)).toEqual([]);
  });
});

test('a mail that cannot be handed over fails its enrolment, and is in the audit log', async () => {
  const projectId = await createProject(server, cast.admin, newName('mail'), {
    channels: ['EMAIL'],
  });
  const { data } = await tryOrder(server, cast.other.token, { projectId });
  const { id } = data.startEnrolment.enrolment as { id: string };
  await until(id, 'WAITING_FOR_SCAN');
  await server.database.query(`UPDATE enrolment SET status = 'DELIVERING' WHERE id = $1`, [id]);
  const { work, invitationDelivery } = server.app.services;
  const request = await work.systemRequest('message', newName('request'));
  const failed = {
    channel: 'EMAIL',
    template: 'ENROLMENT_INVITATION',
    subjectId: id,
    projectId,
    state: 'FAILED',
    isLatest: true,
  } as const;
  await work.change(request, (scope) => invitationDelivery.follow(scope, failed));
  const seen = await ask('status failure { code }', id, { token: cast.other.token });
  expect(seen.data.enrolment).toEqual({
    status: 'FAILED',
    failure: { code: 'CHANNEL_NOT_AVAILABLE' },
  });
  const entries = await server.database.query(
    `SELECT actor, outcome, detail FROM audit_entry WHERE target = $1 AND action = 'enrolment.deliver'`,
    [`enrolment:${id}`],
  );
  expect(entries).toEqual([
    { actor: 'system:message', outcome: 'REFUSED', detail: 'CHANNEL_NOT_AVAILABLE' },
  ]);
});

describe('an order by mail', () => {
  let person: Person;
  let token: string;
  let projectId: string;
  beforeAll(async () => {
    projectId = await createProject(server, cast.admin, newName('mail'), {
      channels: ['EMAIL', 'SCREEN'],
      emailSubject: 'Your {projectName}',
      notifyOnSuccess: false,
    });
  });
  beforeEach(async () => {
    person = await createPerson(server, cast.admin, newName('user'));
    token = await sessionOf(server, person.id);
  });
  const start = async (): Promise<string> => {
    const { data, errors } = await tryOrder(server, token, { projectId });
    expect(errors).toEqual([]);
    const { id, status, qr, channel } = data.startEnrolment.enrolment;
    expect({ status, qr, channel }).toEqual({ status: 'DELIVERING', qr: null, channel: 'EMAIL' });
    return id as string;
  };
  const codeIn = (text: string): string => {
    const code = /\/i#([\w-]{22})/.exec(text)?.[1] ?? '';
    noteSecret(code);
    return code;
  };

  test('is DELIVERING until the mail is handed over; the code in the mail can be claimed', async () => {
    const id = await start();
    const mail = await server.mailTo(person.email);
    await until(id, 'WAITING_FOR_SCAN');
    const code = codeIn(mail.text);
    expect((await ask('id qr { uri }', id, { token })).data.enrolment.qr).toBeNull();
    const { profile } = await new HonestOrNotPhone(server).enrol(code);
    expect(profile.state).toBe('ACTIVE');
  });

  test('goes out again with another code when it is renewed', async () => {
    const id = await start();
    const first = await server.mailTo(person.email);
    await until(id, 'WAITING_FOR_SCAN');
    await runOut(id);
    await until(id, 'CODE_EXPIRED');
    const { data } = await renew(id, { token });
    expect(data.renewEnrolmentCode.qr).toBeNull();
    const second = await server.mailTo(person.email, (mail) => mail.id !== first.id);
    expect(codeIn(second.text)).not.toBe(codeIn(first.text));
    expect((await new HonestOrNotPhone(server).claim(codeIn(second.text))).enrolmentId).toBe(id);
  });

  test('is cancelled where the address changes before a phone has scanned', async () => {
    const id = await start();
    await server.mailTo(person.email);
    await until(id, 'WAITING_FOR_SCAN');
    await server.graphql(
      'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id } }',
      { id: person.id, input: { email: `new.${person.email}` } },
      { token: cast.operator.token },
    );
    expect(await statusOf(server, id)).toBe('CANCELLED');
  });

  test('needs an address', async () => {
    await server.database.query('UPDATE app_user SET email = NULL WHERE id = $1', [person.id]);
    expect(codeOf(await tryOrder(server, token, { projectId }))).toBe('CHANNEL_NOT_AVAILABLE');
    expect((await tryOrder(server, token, { projectId, channel: 'SCREEN' })).errors).toEqual([]);
  });
});

describe('an order for another user', () => {
  const startFor = (userId: string, token: string) =>
    server.graphql(
      `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
         startEnrolmentForUser(userId: $userId, input: $input) { watchToken enrolment { id user { username } } } }`,
      { userId, input: input() },
      { token },
    );

  test('is the user’s own, who sees it and may cancel it', async () => {
    const { data } = await startFor(cast.alva.id, cast.operator.token);
    const { id, user } = data.startEnrolmentForUser.enrolment;
    expect(user).toEqual({ username: 'alva' });
    expect((await ask('status', id)).data.enrolment.status).toBe('WAITING_FOR_SCAN');
    expect((await cancel(id)).data.cancelEnrolment.status).toBe('CANCELLED');
  });

  test('is refused for one who holds a role that the operator lacks', async () => {
    expect(codeOf(await startFor(cast.adminId, cast.operator.token))).toBe('FORBIDDEN');
  });

  test.each(['nobody', '00000000-0000-4000-8000-000000000000'])(
    'is NOT_FOUND for one who is not there (%s)',
    async (userId) => {
      expect(codeOf(await startFor(userId, cast.operator.token))).toBe('NOT_FOUND');
    },
  );

  test.each(['REGISTERED', 'INACTIVE', 'LOCKED'])('is refused for one who is %s', async (state) => {
    const { id } = await createPerson(server, cast.admin, newName('user'));
    await server.database.query('UPDATE app_user SET state = $2 WHERE id = $1', [id, state]);
    expect(codeOf(await startFor(id, cast.operator.token))).toBe('USER_NOT_ACTIVE');
  });
});

test('the events of an enrolment are shown from the beginning, or behind a cursor', async () => {
  const {
    order: placed,
    phone,
    task,
  } = await claimedOrder(server, cast.alva.token, cast.projectId);
  await phone.tryActivate(task, phone.requestsFor(task));
  const { data } = await ask('events { cursor status detail }', placed.id);
  const { events } = data.enrolment as { events: { cursor: string; status: string }[] };
  expect(events.map(({ status }) => status)).toEqual([
    'WAITING_FOR_SCAN',
    'SCANNED',
    'ISSUING',
    'ACTIVE',
  ]);
  const later = await ask(`events(after: "${events[1]?.cursor ?? ''}") { status }`, placed.id);
  expect(later.data.enrolment.events).toEqual([{ status: 'ISSUING' }, { status: 'ACTIVE' }]);
  const wrong = await ask('events(after: "x") { status }', placed.id);
  expect(codeOf(wrong)).toBe('INVALID_INPUT');
});

test('lists are cut by project, user and status', async () => {
  const { order: placed } = await claimedOrder(server, cast.other.token, cast.projectId);
  const list = async (filter: string): Promise<string[]> => {
    const { data, errors } = await server.graphql(
      `{ enrolments(first: 100${filter}) { nodes { id } } }`,
      {},
      { token: cast.operator.token },
    );
    expect(errors).toEqual([]);
    return data.enrolments.nodes.map(({ id }: { id: string }) => id);
  };
  expect(await list('')).toContain(placed.id);
  expect(await list(`, userId: "${cast.other.id}", status: SCANNED`)).toEqual([placed.id]);
  expect(await list(`, userId: "${cast.alva.id}"`)).not.toContain(placed.id);
  expect(await list(`, projectId: "${cast.projectId}", status: SCANNED`)).toContain(placed.id);
  expect(await list(', projectId: "x"')).toEqual([]);
});

test('an offer tells what is pending, and what an order still needs', async () => {
  const person = await createPerson(server, cast.admin, newName('user'));
  const offers = async (token: string) => {
    const { data } = await server.graphql(
      `{ mobileIdOffers { projectId pendingEnrolment { id } access { outcome
           missing { anyOf { method reason option { label } } } } } }`,
      {},
      { token },
    );
    return data.mobileIdOffers.find(
      ({ projectId }: { projectId: string }) => projectId === cast.projectId,
    );
  };
  const weak = await offers(await sessionOf(server, person.id, ['PASSWORD']));
  expect(weak.pendingEnrolment).toBeNull();
  expect(weak.access).toMatchObject({
    outcome: 'STEP_UP_REQUIRED',
    missing: [
      {
        anyOf: ['SAML', 'PASSKEY', 'EMAIL_CODE', 'SMS_CODE', 'TOTP'].map((method) => ({
          method,
          reason: 'ABSENT',
        })),
      },
    ],
  });
  const token = await sessionOf(server, person.id);
  const { id } = await order(server, token, input());
  expect(await offers(token)).toMatchObject({
    pendingEnrolment: { id },
    access: { outcome: 'ALLOWED', missing: [] },
  });
});
