import { getNamedType, isCompositeType, type GraphQLField, type GraphQLSchema } from 'graphql';
import { sha256 } from '../../src/kernel/secrets';
import { SoftwareAuthenticator } from './authenticator';
import { gatherCast, order, type Cast } from './cast';
import { registerPasskey } from './factors';
import { AnyAnswerPhone } from './mobile-id';
import { newName } from './orders';
import { createProject } from './people';
import { HonestOrNotPhone } from './phone';
import { administrationScenes } from './scenes/administration-scenes';
import { assignedIdScenes } from './scenes/assigned-id-scenes';
import { batchScenes } from './scenes/batch-scenes';
import { enrolmentScenes } from './scenes/enrolment-scenes';
import { factorArguments, factorScenes } from './scenes/factor-scenes';
import { keyRecoveryArguments, keyRecoveryScenes } from './scenes/key-recovery-scenes';
import { memberScenes } from './scenes/member-scenes';
import { mobileIdArguments, mobileIdScenes } from './scenes/mobile-id-scenes';
import { passwordArguments, passwordScenes } from './scenes/password-scenes';
import { profileScenes } from './scenes/profile-scenes';
import { given, type OwnArguments, type Scene, type Setters, type Setting } from './scenes/scene';
import { userScenes } from './scenes/user-scenes';
import { webhookScenes } from './scenes/webhook-scenes';
import type { TestServer } from './server';

export type { Scene } from './scenes/scene';

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

/** Sets the scene for any root field of the schema. */
export class Stagehand {
  readonly cast: Cast;
  readonly finished: Setting['finished'];
  private readonly setters: Setters;
  private readonly own: Readonly<Record<string, OwnArguments>>;

  private constructor(private readonly setting: Setting) {
    this.cast = setting.cast;
    this.finished = setting.finished;
    this.setters = {
      ...administrationScenes(setting),
      ...assignedIdScenes(setting),
      ...batchScenes(setting),
      ...enrolmentScenes(setting),
      ...factorScenes(setting),
      ...keyRecoveryScenes(setting),
      ...memberScenes(setting),
      ...mobileIdScenes(setting),
      ...passwordScenes(setting),
      ...profileScenes(setting),
      ...userScenes(setting),
      ...webhookScenes(setting),
    };
    this.own = {
      ...factorArguments(setting),
      ...keyRecoveryArguments(setting),
      ...mobileIdArguments(setting),
      ...passwordArguments(setting),
    };
  }

  static async of(server: TestServer): Promise<Stagehand> {
    const cast = await gatherCast(server, { maxProfilesPerUser: 100 });
    const { alva, admin, projectId } = cast;
    const confirmed = await createProject(server, admin, newName('confirmed'), {
      confirmation: 'DEVICE_CODE',
    });
    const placed = await order(server, alva.token, { projectId });
    const { task, profile } = await new HonestOrNotPhone(server).enrol(placed.code);
    const phone = await AnyAnswerPhone.enrol(server, alva.token, projectId);
    const passkey = new SoftwareAuthenticator(server.url, { isSynced: true });
    await registerPasskey(server, alva.token, passkey);
    return new Stagehand({
      ...{ server, cast, confirmed, passkey },
      finished: {
        order: placed,
        deviceToken: task.deviceToken,
        profileId: profile.id as string,
        phone,
      },
    });
  }

  /**
   * Of a root field, such as `Query.viewer`. `isScanned` is for who comes with a phone's token: its code cannot run out any
   * more.
   */
  async sceneFor(rootField: string, { isScanned = false } = {}): Promise<Scene> {
    await this.reviveCast();
    const setter = this.setters[rootField] ?? this.setters[rootField.split('.').at(-1) ?? ''];
    return setter === undefined ? given({}) : setter(isScanned);
  }

  /** Arguments that only the caller's own session can tell: the code sent to it, the password of its user, its ceremony. */
  async ownArguments(fieldName: string, token: string | undefined): Promise<Scene['args']> {
    return (await this.own[fieldName]?.(token)) ?? {};
  }

  /** The cast's own sessions: some fields end them or take a proof from them, and proofs grow old. */
  private async reviveCast(): Promise<void> {
    const { admin, operator, alva, other } = this.cast;
    const tokens = [admin, operator.token, alva.token, other.token].map((token) => sha256(token));
    await this.setting.server.database.query(
      `WITH revived AS (
         UPDATE session SET ended_at = NULL WHERE token_hash = ANY($1::bytea[]) RETURNING id)
       INSERT INTO session_evidence (session_id, method, provider, credential, at)
       SELECT id, method, '', method, now() FROM revived, unnest($2::text[]) AS method
       ON CONFLICT (session_id, method, provider, credential) DO UPDATE SET at = excluded.at`,
      [tokens, ['PASSWORD', 'EMAIL_CODE']],
    );
  }
}
