import { reachesProject, type ClientActor, type UserActor } from '../../../kernel/actor.js';
import type { ApiClientId, SessionId, UserId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { ApiClientService } from '../../api-clients/api-client.service.js';
import type { UserService } from '../../users/user.service.js';
import type { EnrolmentBatch } from './enrolment-batch.js';

/** Who has ordered a batch, as he stands now: what he has proven then counts for the batch, and for nothing else. */
export class BatchOrdererService {
  constructor(
    private readonly ports: { readonly users: UserService; readonly clients: ApiClientService },
  ) {}

  /** Undefined where he may order no more. */
  actorOf(scope: Scope, batch: EnrolmentBatch): Promise<UserActor | ClientActor | undefined> {
    const { orderedInSession } = batch;
    return orderedInSession === null
      ? this.client(scope, batch)
      : this.user(scope, batch, orderedInSession);
  }

  /** The same, held: an API client stays until the transaction ends. @throws DomainError UNAUTHENTICATED where it is gone */
  async standing(
    scope: ChangeScope,
    batch: EnrolmentBatch,
  ): Promise<UserActor | ClientActor | undefined> {
    if (batch.orderedInSession === null) {
      await this.ports.clients.requireStanding(scope, batch.orderedBy as ApiClientId);
    }
    return this.actorOf(scope, batch);
  }

  private async user(
    scope: Scope,
    { orderedBy }: EnrolmentBatch,
    sessionId: SessionId,
  ): Promise<UserActor | undefined> {
    const [user] = await this.ports.users.byIds(scope, [orderedBy as UserId]);
    if (user?.state !== 'ACTIVE') return undefined;
    const { id, username, roles, groups } = user;
    return {
      ...{ kind: 'user', userId: id, username, roles, groups, sessionId },
      ...{ sessionExpiresAt: scope.now, evidence: [] },
    };
  }

  /** A client that has lost a scope or the project since is another one. */
  private async client(
    scope: Scope,
    { orderedBy, scopes, projectId, createdAt }: EnrolmentBatch,
  ): Promise<ClientActor | undefined> {
    const client = await this.ports.clients.find(scope, orderedBy);
    if (client?.enabled !== true) return undefined;
    const actor: ClientActor = {
      ...{ kind: 'client', apiClientId: client.id, name: client.clientId },
      ...{ scopes, projectIds: client.projectIds },
      ...{ tokenIssuedAt: createdAt, tokenExpiresAt: scope.now },
    };
    const still: readonly string[] = client.scopes;
    const hasAll = scopes.every((wanted) => still.includes(wanted));
    return hasAll && reachesProject(actor, projectId) ? actor : undefined;
  }
}
