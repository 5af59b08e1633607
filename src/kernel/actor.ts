import type { ApiClientId, EnrolmentId, ProjectId, SessionId, UserId } from './ids.js';

export const ROLES = ['USER', 'OPERATOR', 'ADMIN'] as const;
export type Role = (typeof ROLES)[number];

export const AUTHENTICATION_METHODS = [
  'PASSWORD',
  'EMAIL_CODE',
  'SMS_CODE',
  'TOTP',
  'PASSKEY',
  'SAML',
  'CLIENT_CERTIFICATE',
  'MOBILE_ID',
  'CLIENT_CREDENTIALS',
] as const;
export type AuthenticationMethod = (typeof AUTHENTICATION_METHODS)[number];

/** One proof of identity, given in a session at the instant `at`. */
export interface Evidence {
  readonly method: AuthenticationMethod;
  readonly provider: string | null;
  /** What was proven with: `password`, an address, a key's id. A clause is not met by a credential that is being replaced. */
  readonly credential: string;
  readonly at: Date;
}

/** Who acts. `system` is Signet itself: its jobs, and its own console. */
export type Actor =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'system'; readonly name: string }
  | UserActor
  | ClientActor;

export interface UserActor {
  readonly kind: 'user';
  readonly userId: UserId;
  readonly username: string;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly sessionId: SessionId;
  readonly sessionExpiresAt: Date;
  readonly evidence: readonly Evidence[];
}

/** A trusted application that shows an access token. */
export interface ClientActor {
  readonly kind: 'client';
  readonly apiClientId: ApiClientId;
  /** What it calls itself at the token endpoint: its `client_id`. */
  readonly name: string;
  /** Those of the token that the client still has. */
  readonly scopes: readonly string[];
  /** Empty: all projects. */
  readonly projectIds: readonly ProjectId[];
  readonly tokenIssuedAt: Date;
  readonly tokenExpiresAt: Date;
}

/** Right to one enrolment that a token carries, beside whatever the actor may do. */
export interface Grants {
  readonly watch?: EnrolmentId;
  readonly device?: { readonly enrolmentId: EnrolmentId; readonly thumbprint: string };
}

/** A TLS client certificate whose key the caller has proven to hold. Nothing in it has been checked yet. */
export interface ShownCertificate {
  readonly der: Buffer;
  /** What came along to link it to its authority, DER. */
  readonly intermediates: readonly Buffer[];
}

/** One call, as every floor sees it. `now` is the database's time at its start. */
export interface RequestContext {
  readonly actor: Actor;
  readonly grants: Grants;
  readonly requestId: string;
  /** The caller's IP address, behind trusted proxies the forwarded one. */
  readonly address: string;
  readonly userAgent: string | null;
  /** Over HTTP only, and only where client certificates are accepted. */
  readonly clientCertificate?: ShownCertificate | null;
  readonly now: Date;
  /** Hands the browser a new session token as cookie, or takes it away; does nothing where there is no HTTP answer. */
  setSessionCookie(token: string | null): void;
}

/** Who it was, as logs and histories of changes write it. */
export function nameOfActor(actor: Actor): string {
  switch (actor.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'system':
      return `system:${actor.name}`;
    case 'user':
      return `user:${actor.username}`;
    case 'client':
      return `client:${actor.name}`;
  }
}

/** The same for good, where names change: of the user, or of the API client; null for who has none. */
export function actorIdOf(actor: UserActor | ClientActor): UserId | ApiClientId;
export function actorIdOf(actor: Actor): UserId | ApiClientId | null;
export function actorIdOf(actor: Actor): UserId | ApiClientId | null {
  if (actor.kind === 'client') return actor.apiClientId;
  return actor.kind === 'user' ? actor.userId : null;
}

/** ADMIN implies OPERATOR, and everyone who is signed in is a USER. */
export function rolesWithImplied(roles: readonly Role[]): ReadonlySet<Role> {
  const implied = new Set<Role>(['USER', ...roles]);
  if (implied.has('ADMIN')) implied.add('OPERATOR');
  return implied;
}

/** The only projects that the actor may reach; undefined where none is out of reach for him. */
export function projectLimitOf(actor: Actor): readonly ProjectId[] | undefined {
  return actor.kind === 'client' && actor.projectIds.length > 0 ? actor.projectIds : undefined;
}

/** Whether the project exists for this actor, whatever the access rules say beside that. */
export function reachesProject(actor: Actor, projectId: ProjectId): boolean {
  return projectLimitOf(actor)?.includes(projectId) ?? true;
}
