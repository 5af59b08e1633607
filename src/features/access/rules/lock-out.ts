import type { AuthenticationMethod, Role } from '../../../kernel/actor.js';
import type { UserId } from '../../../kernel/ids.js';
import type { Scope } from '../../../platform/scope.js';
import type { Facts } from '../judge/facts.js';
import { judge } from '../judge/judge.js';
import type { Rule } from '../judge/rule.js';

/** An active user with role ADMIN. */
export interface Administrator {
  readonly id: UserId;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
}

/** One proof that a user could give if he were asked now. */
export interface PossibleProof {
  readonly method: AuthenticationMethod;
  readonly provider: string | null;
}

/** Tells of many users at once what each could prove by one slice's methods. Each method speaks for itself. */
export type CredentialSource = (
  scope: Scope,
  userIds: readonly UserId[],
) => Promise<ReadonlyMap<UserId, readonly PossibleProof[]>>;

/** An administrator, with all that he could prove if he were asked now. */
export interface PossibleAdministrator extends Omit<Administrator, 'id'> {
  readonly methods: readonly PossibleProof[];
}

/** One statement for each source, however many administrators there are. */
export async function withCredentials(
  scope: Scope,
  administrators: readonly Administrator[],
  sources: readonly CredentialSource[],
): Promise<PossibleAdministrator[]> {
  const ids = administrators.map(({ id }) => id);
  const found: ReadonlyMap<UserId, readonly PossibleProof[]>[] = [];
  for (const source of sources) found.push(await source(scope, ids)); // a transaction has one connection
  return administrators.map(({ id, roles, groups }) => ({
    roles,
    groups,
    methods: found.flatMap((byUser) => byUser.get(id) ?? []),
  }));
}

/** Where rules are changed: who gets here can undo anything. */
const CONTROLS = '/admin/access-rules';
const SIGN_IN = '/sign-in';
/** Whether a method opens a session; the others only add to one. */
const OPENS_SESSION: Readonly<Record<AuthenticationMethod, boolean>> = {
  PASSWORD: true,
  SAML: true,
  PASSKEY: true,
  CLIENT_CERTIFICATE: true,
  EMAIL_CODE: false,
  SMS_CODE: false,
  TOTP: false,
  MOBILE_ID: false,
  CLIENT_CREDENTIALS: false,
};
const QUARTER_HOUR_MS = 15 * 60 * 1000;
const QUARTER_HOURS_A_WEEK = 7 * 24 * 4;

/** Whether one of them could sign in and change rules from this address, now or at some time of the coming week. */
export function someoneGetsIn(
  rules: readonly Rule[],
  administrators: readonly PossibleAdministrator[],
  address: string,
  now: Date,
): boolean {
  return quarterHoursFrom(now).some((at) =>
    administrators.some((person) => getsIn(rules, person, address, at)),
  );
}

function getsIn(
  rules: readonly Rule[],
  person: PossibleAdministrator,
  address: string,
  now: Date,
): boolean {
  const stranger: Facts = {
    caller: 'ANONYMOUS',
    roles: [],
    groups: [],
    address,
    now,
    scopes: [],
    evidence: [],
    isChange: true,
  };
  const user: Facts = { ...stranger, caller: 'USER', roles: person.roles, groups: person.groups };
  const evidence = person.methods.map((given) => ({ ...given, credential: '', at: now }));
  return (
    person.methods.some(({ method }) => OPENS_SESSION[method]) &&
    isAllowed(rules, SIGN_IN, stranger) &&
    isAllowed(rules, SIGN_IN, user) &&
    isAllowed(rules, CONTROLS, { ...user, evidence })
  );
}

function isAllowed(rules: readonly Rule[], resource: string, facts: Facts): boolean {
  return judge(rules, resource, facts).outcome === 'ALLOWED';
}

function quarterHoursFrom(now: Date): Date[] {
  return Array.from(
    { length: QUARTER_HOURS_A_WEEK },
    (_, i) => new Date(now.getTime() + i * QUARTER_HOUR_MS),
  );
}
