import type { ClientToken } from '../../features/api-clients/access-token.service.js';
import type { RequestContext } from '../../kernel/actor.js';
import type { ProblemCode } from '../../kernel/errors.js';
import type { ApiClientId, SessionId } from '../../kernel/ids.js';

/** Which session a caller says is his. A bearer token that is no longer valid is refused, a stale cookie counts for nothing. */
export type SessionCredential =
  | { readonly kind: 'bearer' | 'cookie'; readonly token: string }
  /** A bearer token at a project's SCIM endpoint: a long-lived one counts there, too, and nowhere else. */
  | { readonly kind: 'scim'; readonly token: string; readonly projectId: string }
  /** A socket's own session, read again; `active` where the caller did something, so that the idle timeout begins anew. */
  | { readonly kind: 'id'; readonly sessionId: SessionId; readonly active: boolean }
  /** The access token that a socket was opened with, as it was read then; its client is read again. */
  | { readonly kind: 'client'; readonly clientToken: ClientToken };

/** Everything that a request or a socket brings along to say who is calling. */
export interface Credentials {
  readonly session?: SessionCredential;
  readonly watchToken?: string;
  readonly deviceToken?: string;
}

export type RequestFacts = Pick<RequestContext, 'requestId' | 'address' | 'userAgent'>;
export type Caller = Pick<RequestContext, 'actor' | 'grants' | 'now'> & {
  /** What an API client has shown. */
  readonly clientToken?: ClientToken | undefined;
};

/** @throws DomainError UNAUTHENTICATED where a bearer, watch or device token is not valid, or the session has ended */
export type Identify = (credentials: Credentials, request: RequestFacts) => Promise<Caller>;

export interface Permission {
  /** When what was proven runs out; null where it does not. Judged anew then. */
  readonly validUntil: Date | null;
}

/** Judges one resource by the access rules. @throws DomainError with the refusal */
type Authorize = (
  context: RequestContext,
  resource: string,
  /** Whether the operation changes something: reading alone is not enough then. */
  kind: { readonly isChange: boolean },
) => Promise<Permission>;

export interface Refusal {
  /** The fields that were asked for, by name. */
  readonly operation: string;
  readonly resource: string;
  readonly code: ProblemCode;
}
type RecordRefusal = (context: RequestContext, refusal: Refusal) => Promise<void>;

export type ChangeTopic = `session:${SessionId}` | `api-client:${ApiClientId}` | 'access-policy';
/** Calls `wake` at each change under `topic`, until the returned function is called. */
type OnChange = (topic: ChangeTopic, wake: () => void) => () => void;

export interface EdgePorts {
  readonly identify: Identify;
  readonly authorize: Authorize;
  readonly recordRefusal: RecordRefusal;
  readonly onChange: OnChange;
}
