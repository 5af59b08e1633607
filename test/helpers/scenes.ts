import { randomUUID } from 'node:crypto';
import { getNamedType, isCompositeType, type GraphQLField, type GraphQLSchema } from 'graphql';
import { sha256 } from '../../src/kernel/secrets';
import type { CeremonyPurpose } from '../../src/features/authentication/passkeys/passkey.entity';
import { SoftwareAuthenticator } from './authenticator';
import { claimedOrder, gatherCast, order, type Cast } from './cast';
import { AuthenticatorApp, enrolTotp, registerPasskey, startTotp } from './factors';
import {
  AnyAnswerPhone,
  readChallenge,
  sendAnswer,
  startProof,
  tryStartProof,
  type StartedProof,
} from './mobile-id';
import { newName, type Order } from './orders';
import { createPerson, createProject } from './people';
import { HonestOrNotPhone, requestFor } from './phone';
import { noteSecret } from './run';
import { signingKey } from './saml-provider';
import { createProvider, providerInput } from './saml-stage';
import type { TestServer } from './server';
import { sessionOf } from './sessions';
import type { CodeMethod } from '../../src/features/authentication/one-time-codes/one-time-code.service';
import { hashPassword } from '../../src/features/users/password.service';
import type { UserId } from '../../src/kernel/ids';
import { sha256 } from '../../src/kernel/secrets';

const PRESENT_PASSWORD = 'the present one of the scene';
const NEW_PASSWORD = 'the new one of the scene';

/** What one valid call of a root field needs: made anew for each, as most calls use it up. */
export interface Scene {
  readonly args: Readonly<Record<string, unknown>>;
  /** Of alva, where the field is about an enrolment. */
  readonly order?: Order | undefined;
  readonly deviceToken?: string;
}

export interface RootField {
  /** Such as `Query.viewer`. */
  readonly name: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly field: GraphQLField<unknown, unknown>;
}

export function rootFieldsOf(schema: GraphQLSchema): RootField[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => ({
      name: `${type?.name ?? ''}.${field.name}`,
      kind,
      field,
    })),
  );
}

/** Asks for nothing but the field, with those of its arguments that are given. */
export function operationFor({ kind, field }: RootField, given: Scene['args']): string {
  const args = field.args.filter(({ name }) => name in given);
  const declared = args.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = args.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  return args.length === 0
    ? `${kind} { ${field.name}${selection} }`
    : `${kind} (${declared}) { ${field.name}(${passed})${selection} }`;
}

const PURPOSES: Readonly<Record<string, CeremonyPurpose>> = {
  finishPasskeyRegistration: 'REGISTRATION',
  finishPasskeySignIn: 'SIGN_IN',
};

/** Sets the scene for any root field of the schema. */
export class Stagehand {
  /** Of alva. */
  private readonly passkey: SoftwareAuthenticator;

  private constructor(
    private readonly server: TestServer,
    readonly cast: Cast,
    /** Of a project with DEVICE_CODE. */
    private readonly confirmed: string,
    /** Claimed by a phone, and finished. */
    readonly finished: { order: Order; deviceToken: string; profileId: string },
  ) {
    this.passkey = new SoftwareAuthenticator(server.url, { isSynced: true });
  }
    readonly finished: {
      order: Order;
      deviceToken: string;
      profileId: string;
      /** With another mobile ID of alva, that can answer. */
      phone: AnyAnswerPhone;
    },
  ) {}

  static async of(server: TestServer): Promise<Stagehand> {
    const cast = await gatherCast(server, { maxProfilesPerUser: 100 });
    const confirmed = await createProject(server, cast.admin, newName('confirmed'), {
      confirmation: 'DEVICE_CODE',
    });
    const placed = await order(server, cast.alva.token, { projectId: cast.projectId });
    const { task, profile } = await new HonestOrNotPhone(server).enrol(placed.code);
    const { deviceToken } = task;
    const finished = { order: placed, deviceToken, profileId: profile.id as string };
    const stagehand = new Stagehand(server, cast, confirmed, finished);
    await registerPasskey(server, cast.alva.token, stagehand.passkey);
    return stagehand;
    const phone = await AnyAnswerPhone.enrol(server, cast.alva.token, cast.projectId);
    const finished = { order: placed, deviceToken, profileId: profile.id as string, phone };
    return new Stagehand(server, cast, confirmed, finished);
  }

  /** `isScanned` is for who comes with a phone's token: its code cannot run out any more. */
  async sceneFor(fieldName: string, { isScanned = false } = {}): Promise<Scene> {
    await this.openSessionsAgain();
    await this.reviveCast();
    const setter = this.setters[fieldName];
    return setter === undefined ? given({}) : setter(isScanned);
  }

  /** Arguments that only the caller's own session can tell: the code sent to it, the password of its user. */
  async ownArguments(fieldName: string, token: string | undefined): Promise<Scene['args']> {
    switch (fieldName) {
      case 'verifyEmailCode':
        return { code: await this.sentCode('EMAIL_CODE', token) };
      case 'verifySmsCode':
        return { code: await this.sentCode('SMS_CODE', token) };
      case 'changePassword':
        if (token !== undefined) await this.givePassword(PRESENT_PASSWORD, { token });
        return { current: PRESENT_PASSWORD, password: NEW_PASSWORD };
      default:
        return {};
    }
  }

  /** The cast's own sessions, which end with a changed password. */
  private async reviveCast(): Promise<void> {
    const { admin, operator, alva, other } = this.cast;
    const tokens = [admin, operator.token, alva.token, other.token].map(sha256);
    await this.server.database.query(
      `WITH revived AS (UPDATE session SET ended_at = NULL WHERE token_hash = ANY($1) RETURNING id)
       INSERT INTO session_evidence (session_id, method, provider, credential, at)
       SELECT id, 'PASSWORD', '', 'PASSWORD', now() FROM revived ON CONFLICT DO NOTHING`,
      [tokens],
    );
  }

  /** The code that is sent to whoever has this session. */
  private async sentCode(method: CodeMethod, token: string | undefined): Promise<string> {
    if (token === undefined) return '000000';
    const field = method === 'EMAIL_CODE' ? 'sendEmailCode' : 'sendSmsCode';
    const { errors } = await this.server.graphql(`mutation { ${field} }`, {}, { token });
    if (errors.length > 0) throw new Error(errors[0]?.extensions.code);
    const [last] = await this.server.database.query<{ id: string }>(
      'SELECT id FROM one_time_code WHERE method = $1 ORDER BY created_at DESC LIMIT 1',
      [method],
    );
    const { work, oneTimeCodes } = this.server.app.services;
    const request = await work.systemRequest('test', randomUUID());
    const message = await oneTimeCodes.toSend(work.read(request), method, last?.id ?? '');
    if (message === null) throw new Error('No code was sent.');
    noteSecret(message.code);
    return message.code;
  }

  /** Behind the API, as a user may set his own alone. */
  private async givePassword(
    password: string,
    { id, token }: { id?: string; token?: string },
  ): Promise<void> {
    await this.server.database.query(
      `UPDATE app_user SET password_hash = $1 WHERE id = coalesce($2, (SELECT user_id FROM session WHERE token_hash = $3))`,
      [await hashPassword(password), id ?? null, token === undefined ? null : sha256(token)],
    );
  }

  /** A link that was mailed to someone new. */
  private async passwordToken(): Promise<string> {
    const { id } = await createPerson(this.server, this.cast.admin, newName('user'));
    const { work, passwordLinks } = this.server.app.services;
    const request = await work.systemRequest('test', randomUUID());
    await work.change(request, (scope) => passwordLinks.mailReset(scope, id as UserId));
    const [link] = await this.server.database.query<{ id: string }>(
      'SELECT id FROM password_link WHERE user_id = $1',
      [id],
    );
    const mail = await passwordLinks.toMail(work.read(request), link?.id ?? '');
    const token = mail?.link.split('#')[1] ?? '';
    noteSecret(token);
    return token;
  }

  /** An authenticator's answer to a ceremony of whoever has this session, or none: to prove something, it is alva's. */
  async passkeyAnswer(fieldName: string, token: string | undefined): Promise<Scene['args']> {
    const purpose = PURPOSES[fieldName];
    if (purpose === undefined) return {};
    const { work, sessions, passkeyChallenges } = this.server.app.services;
    const found = token === undefined ? undefined : await sessions.byToken(work.sql, token);
    const system = await work.systemRequest('test', randomUUID());
    const request = { ...system, actor: found?.actor ?? ({ kind: 'anonymous' } as const) };
    const { id, challenge } = await work.change(request, (scope) =>
      passkeyChallenges.open(scope, purpose),
    );
    const party = { rpId: 'localhost', rp: { id: 'localhost' } };
    const options = JSON.stringify({ ...party, challenge: challenge.toString('base64url') });
    const response =
      purpose === 'SIGN_IN'
        ? this.passkey.assert(options)
        : new SoftwareAuthenticator(this.server.url).register(options);
    return { id, response };
  }

  /** Id of a question of this session where it may ask, else of one of alva's; answered by her phone if so wished. */
  async proofOf(
    token: string | undefined,
    { isAnswered }: { isAnswered: boolean },
  ): Promise<string> {
    const tried = await tryStartProof(this.server, token);
    const isOwn = tried.errors.length === 0;
    const proof =
      isOwn && token !== undefined ? await startProof(this.server, token) : await this.asked();
    if (isAnswered) await sendAnswer(this.server, proof.code, await this.answerTo(proof));
    return proof.id;
  }

  private readonly setters: Readonly<Record<string, (isScanned: boolean) => Promise<Scene>>> = {
    explainAccess: () => given({ resource: '/mobile-id/get', userId: this.cast.alva.id }),
    resourceAccess: () => given({ resource: '/mobile-id/get' }),
    mobileIdChallenge: async () => given({ code: (await this.asked()).code }),
    answerMobileIdChallenge: async () => {
      const proof = await this.asked();
      return given({ input: { code: proof.code, answer: await this.answerTo(proof) } });
    },
    rejectMobileIdChallenge: async () => given({ code: (await this.asked()).code }),
    finishMobileIdProof: () => given({ id: '' }),
    mobileIdProof: () => given({ id: '' }),
    removeMyClientCertificate: () => this.certificateOfAlva(),
    enrolment: async () => ofOrder(await this.claimed(), 'id'),
    enrolmentStatus: async () => ofOrder(await this.claimed(), 'enrolmentId'),
    cancelEnrolment: async () => ofOrder(await this.claimed(), 'id'),
    confirmDevice: () => this.confirmable(),
    approveDevice: () => this.confirmable(),
    rejectDevice: async () => ofOrder(await this.claimed(this.confirmed), 'id'),
    renewEnrolmentCode: async (isScanned) =>
      isScanned ? ofOrder(await this.claimed(), 'id') : this.expiredCode(),
    profile: () => given({ id: this.finished.profileId }),
    project: () => given({ id: this.cast.projectId }),
    user: () => given({ id: this.cast.alva.id }),
    signInWithPassword: async () => {
      const { id, username, password } = this.cast.other;
      await this.givePassword(password, { id });
      return given({ username, password });
    },
    sendSmsCode: () => this.withPhones(),
    verifySmsCode: () => this.withPhones(),
    requestPasswordReset: () => given({ username: this.cast.other.username }),
    setPassword: async () => given({ token: await this.passwordToken(), password: NEW_PASSWORD }),
    invitePassword: async () => {
      const { id } = await createPerson(this.server, this.cast.admin, newName('user'));
      await this.server.database.query('UPDATE app_user SET password_hash = NULL WHERE id = $1', [
        id,
      ]);
      return given({ userId: id });
    signInWithPassword: () =>
      given({ username: this.cast.other.username, password: this.cast.other.password }),
    verifyEmailCode: () => given({ code: '' }),
    startTotpEnrolment: () => given({ name: 'App' }),
    confirmTotpEnrolment: async () => {
      const { data } = await startTotp(this.server, await this.alvaWithoutTotp());
      const { secret, authenticator } = data.startTotpEnrolment;
      const app = new AuthenticatorApp(secret as string);
      return { args: { id: authenticator.id as string, code: app.code() } };
    },
    removeTotpAuthenticator: async () => {
      const { id } = await enrolTotp(this.server, await this.alvaWithoutTotp());
      return { args: { id } };
    },
    verifyTotp: async () => {
      const { app } = await enrolTotp(this.server, await this.alvaWithoutTotp());
      return { args: { code: app.code() } };
    },
    finishPasskeyRegistration: () => given({ id: '', response: '', name: 'Passkey' }),
    finishPasskeySignIn: () => given({ id: '', response: '' }),
    removePasskey: async () => {
      const authenticator = new SoftwareAuthenticator(this.server.url);
      const id = await registerPasskey(this.server, this.cast.alva.token, authenticator);
      return { args: { id } };
    },
    claimEnrolment: async () => {
      const phone = new HonestOrNotPhone(this.server);
      const { code, ...placed } = await this.ordered();
      const input = { code, device: phone.device, proof: phone.proof(code) };
      return { args: { input }, order: { code, ...placed } };
    },
    activateEnrolment: async () => {
      const { order: placed, task } = await this.claimed();
      const requests = task.keyRequests.map(({ kind }) => requestFor(kind, task.challenge));
      return { args: { input: { deviceToken: task.deviceToken, requests } }, order: placed };
    },
    startEnrolment: () => given({ input: { projectId: this.cast.projectId } }),
    startEnrolmentForUser: () =>
      given({ userId: this.cast.other.id, input: { projectId: this.cast.projectId } }),
    createUser: () => given({ input: { username: newName('u'), displayName: 'U' } }),
    updateUser: () => this.ofNewUser({ input: { displayName: 'New' } }),
    activateUser: async () => {
      const scene = await this.ofNewUser();
      await this.server.database.query(`UPDATE app_user SET state = 'INACTIVE' WHERE id = $1`, [
        scene.args['id'],
      ]);
      return scene;
    },
    deactivateUser: () => this.ofNewUser(),
    lockUser: () => this.ofNewUser({ reason: 'Lost.' }),
    endMySession: () => this.ofNewSession(),
    endSession: () => this.ofNewSession(),
    endSessionsOfUser: () => given({ userId: this.cast.other.id }),
    unlockMethod: () => given({ userId: this.cast.other.id, method: 'TOTP' }),
    setUserRoles: () => this.ofNewUser({ roles: ['USER'] }),
    createProject: () => given({ input: { name: newName('p') } }),
    updateProjectSettings: () => given({ id: this.confirmed, settings: { instructions: 'Scan.' } }),
    createAccessRule: () => given({ input: ruleInput() }),
    updateAccessRule: async () => given({ id: await this.newRule(), input: { name: 'Renamed' } }),
    deleteAccessRule: async () => given({ id: await this.newRule() }),
    createIdentityProvider: async () =>
      given({ input: providerInput(newName('idp'), await signingKey()) }),
    updateIdentityProvider: async () => {
      const { id, name, key } = await createProvider(this.server, this.cast.admin, newName('idp'));
      return given({ id, input: providerInput(name, key, { label: 'Renamed' }) });
    },
    deleteIdentityProvider: async () =>
      given({ id: (await createProvider(this.server, this.cast.admin, newName('idp'))).id }),
  };

  /** Those of the cast, which some fields end. */
  private async openSessionsAgain(): Promise<void> {
    const { admin, alva, other, operator } = this.cast;
    const hashes = [admin, alva.token, other.token, operator.token].map((token) => sha256(token));
    await this.server.database.query(
      'UPDATE session SET ended_at = NULL WHERE token_hash = ANY($1::bytea[])',
      [hashes],
    );
  private async withPhones(): Promise<Scene> {
    await this.server.database.query(
      `UPDATE app_user SET phone = '+4179' || (1000000 + abs(hashtext(id::text)) % 9000000) WHERE phone IS NULL`,
    );
    return { args: {} };
  /** @returns alva's session, without an authenticator app of hers */
  private async alvaWithoutTotp(): Promise<string> {
    const { id, token } = this.cast.alva;
    await this.server.database.query('DELETE FROM totp_authenticator WHERE user_id = $1', [id]);
    return token;
  private async asked(): Promise<StartedProof> {
    return startProof(this.server, await sessionOf(this.server, this.cast.alva.id));
  }

  private async answerTo({ code, number }: StartedProof): Promise<string> {
    const { data } = await readChallenge(this.server, code);
    return this.finished.phone.answer(data.mobileIdChallenge, number);
  }

  private async certificateOfAlva(): Promise<Scene> {
    const id = randomUUID();
    await this.server.database.query(
      `INSERT INTO client_certificate (id, user_id, fingerprint, subject, issuer, not_after, created_at)
       VALUES ($1, $2, $3, 'CN=alva', 'CN=CA', now(), now())`,
      [id, this.cast.alva.id, newName('fingerprint')],
    );
    return given({ id });
  }

  private ordered(): Promise<Order> {
    const { alva, projectId } = this.cast;
    return order(this.server, alva.token, { projectId });
  }

  private claimed(projectId = this.cast.projectId): ReturnType<typeof claimedOrder> {
    return claimedOrder(this.server, this.cast.alva.token, projectId);
  }

  private async confirmable(): Promise<Scene> {
    const made = await this.claimed(this.confirmed);
    const { args, ...scene } = ofOrder(made, 'id');
    return { ...scene, args: { ...args, code: made.task.confirmationCode } };
  }

  private async expiredCode(): Promise<Scene> {
    const placed = await this.ordered();
    await this.server.database.query(
      `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
      [placed.id],
    );
    return { args: { id: placed.id }, order: placed };
  }

  private async ofNewUser(more: Scene['args'] = {}): Promise<Scene> {
    const { id } = await createPerson(this.server, this.cast.admin, newName('user'));
    return { args: { id, ...more } };
  }

  /** Of alva, beside the one that she calls from. */
  private async ofNewSession(): Promise<Scene> {
    await sessionOf(this.server, this.cast.alva.id);
    const [session] = await this.server.database.query<{ id: string }>(
      'SELECT id FROM session WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1',
      [this.cast.alva.id],
    );
    return given({ id: session?.id });
  }

  private async newRule(): Promise<string> {
    const { data } = await this.server.graphql(
      'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
      { input: ruleInput() },
      { token: this.cast.admin },
    );
    return data.createAccessRule.id as string;
  }
}

function given(args: Scene['args']): Promise<Scene> {
  return Promise.resolve({ args });
}

function ofOrder(
  { order: placed, task }: Awaited<ReturnType<typeof claimedOrder>>,
  argument: string,
): Scene {
  return { args: { [argument]: placed.id }, order: placed, deviceToken: task.deviceToken };
}

function ruleInput(): object {
  return { name: newName('rule'), enabled: false, resources: ['/mobile-id'], require: [] };
}
