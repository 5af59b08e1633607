import { DomainError, invalidInput } from '../../../kernel/errors.js';
import { isStorable, textProblem } from '../../../kernel/text.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { ApiClientService } from '../../api-clients/api-client.service.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { ProfileService } from '../../profiles/profile.service.js';
import type { SelfRegistrationService } from '../../projects/self-registration/self-registration.service.js';
import { appendToLog } from '../assigned-id-log.service.js';
import type { AssignedIdService } from '../assigned-id.service.js';
import { ASSIGNED_ID, type AssignedId } from '../assigned-id.js';
import { hostReferenceProblem, tidyReference } from './host-reference.js';
import type { RegistrationTokens } from './registration-tokens.js';

/** Which ID is meant: of which project, and its value as it was assigned. */
export interface NamedId {
  readonly projectId: string;
  readonly value: string;
}

export interface HostConfirmation extends NamedId {
  /** The host system's own key for whoever has it. */
  readonly hostReference: string;
  /** What the host system's page was given with the ID; where it is given, it must be that of this very ID. */
  readonly registrationToken?: string | null | undefined;
}

const MAX_REASON = 500;
const CONFIRM = `
  UPDATE assigned_id a SET status = 'CONFIRMED', host_reference = $2, confirmed_at = now()
  WHERE a.id = $1 AND a.status = 'ASSIGNED' RETURNING ${ASSIGNED_ID}`;
const TAKE_BACK = `
  UPDATE assigned_id a SET status = 'ASSIGNED', host_reference = NULL, confirmed_at = NULL
  WHERE a.id = $1 AND a.status = 'CONFIRMED' RETURNING ${ASSIGNED_ID}`;

/** What host systems and operators say of assigned IDs. Who repeats a call gets the same answer, and changes nothing. */
export class HostConfirmationService {
  constructor(
    private readonly ports: {
      readonly selfRegistrations: Pick<SelfRegistrationService, 'get'>;
      readonly assignedIds: AssignedIdService;
      readonly clients: Pick<ApiClientService, 'requireStanding'>;
      readonly profiles: Pick<ProfileService, 'revoke'>;
      readonly registrationTokens: RegistrationTokens;
      readonly audit: AuditService;
    },
  ) {}

  /**
   * The ID belongs to the host system's user with this reference. Of two who say different things at once one is refused.
   * @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE, INVALID_INPUT; FORBIDDEN for the token of another ID; CONFLICT where it
   * is confirmed with another reference; INVALID_TRANSITION where it is revoked
   */
  async confirm(scope: ChangeScope, confirmation: HostConfirmation): Promise<AssignedId> {
    const { registrationToken } = confirmation;
    const hostReference = tidyReference(confirmation.hostReference);
    const problem = hostReferenceProblem(hostReference);
    if (problem !== undefined) throw invalidInput('hostReference', problem);
    const found = await this.find(scope, confirmation);
    if (typeof registrationToken === 'string') this.refuseForeign(found, registrationToken);
    const confirmed = await this.move(scope, CONFIRM, [found.id, hostReference]);
    if (confirmed === undefined) return this.confirmedBefore(scope, confirmation, hostReference);
    await appendToLog(scope, [confirmed.id], 'CONFIRMED');
    await this.record(scope, confirmed, 'confirm', confirmed.value);
    return confirmed;
  }

  /**
   * The host system no longer has it, or had it wrong: ASSIGNED again, and free to be confirmed with another reference.
   * @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE; INVALID_TRANSITION where it is revoked
   */
  async unconfirm(scope: ChangeScope, named: NamedId): Promise<AssignedId> {
    const { id } = await this.find(scope, named);
    const moved = await this.move(scope, TAKE_BACK, [id]);
    if (moved === undefined) return refuseRevoked(await this.find(scope, named));
    await appendToLog(scope, [moved.id], 'UNCONFIRMED');
    await this.record(scope, moved, 'unconfirm', moved.value);
    return moved;
  }

  /**
   * For good, and its mobile ID with it. Nobody gets it again; the same phone would get the next one.
   * @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE, INVALID_INPUT
   */
  async revoke(scope: ChangeScope, named: NamedId, reason?: string | null): Promise<AssignedId> {
    const told = reason ?? undefined;
    const problem = told === undefined ? undefined : textProblem(told, { max: MAX_REASON });
    if (problem !== undefined) throw invalidInput('reason', problem);
    const { assignedIds, clients, profiles } = this.ports;
    const { actor } = scope;
    if (actor.kind === 'client') await clients.requireStanding(scope, actor.apiClientId);
    const { id } = await this.find(scope, named);
    const { profileId, value } = await assignedIds.lock(scope, id);
    // Before its mobile ID, which would take it along without the reason.
    await assignedIds.revoke(scope, [id], told);
    const detail = told === undefined ? `ID ${value}` : `ID ${value}: ${told}`;
    await profiles.revoke(scope, [profileId], { reason: 'unspecified', detail });
    return this.find(scope, named);
  }

  /** Undefined also where the token, if there is one, is that of another ID. @throws DomainError NOT_FOUND, WRONG_PROJECT_MODE */
  async look(
    scope: Scope,
    { projectId, value, registrationToken }: NamedId & Pick<HostConfirmation, 'registrationToken'>,
  ): Promise<AssignedId | undefined> {
    const { project } = await this.ports.selfRegistrations.get(scope, projectId);
    if (!isStorable(value)) return undefined;
    const found = await this.ports.assignedIds.byValue(scope, project.id, value);
    if (found === undefined || typeof registrationToken !== 'string') return found;
    return this.ports.registrationTokens.isOf(found.id, registrationToken) ? found : undefined;
  }

  private async find(scope: Scope, { projectId, value }: NamedId): Promise<AssignedId> {
    const found = await this.look(scope, { projectId, value });
    if (found === undefined) throw new DomainError('NOT_FOUND');
    return found;
  }

  private async move(
    scope: ChangeScope,
    statement: typeof CONFIRM | typeof TAKE_BACK,
    values: readonly unknown[],
  ): Promise<AssignedId | undefined> {
    const name = statement === CONFIRM ? 'confirm' : 'unconfirm';
    const [moved] = await scope.sql<AssignedId>(`host-confirmation.${name}`, statement, values);
    return moved;
  }

  /** Read after the attempt: whoever was faster has committed. */
  private async confirmedBefore(
    scope: Scope,
    named: NamedId,
    hostReference: string,
  ): Promise<AssignedId> {
    const found = refuseRevoked(await this.find(scope, named));
    if (found.hostReference === hostReference) return found;
    throw new DomainError('CONFLICT', {
      fields: [{ field: 'hostReference', message: 'It is confirmed with another reference.' }],
    });
  }

  private refuseForeign({ id }: AssignedId, token: string): void {
    if (this.ports.registrationTokens.isOf(id, token)) return;
    throw new DomainError('FORBIDDEN', { reason: 'REGISTRATION_TOKEN' });
  }

  private record(
    scope: ChangeScope,
    { id }: AssignedId,
    what: string,
    detail: string,
  ): Promise<void> {
    const target = `assigned-id:${id}`;
    return this.ports.audit.record(scope, { action: `assigned-id.${what}`, target, detail });
  }
}

function refuseRevoked(found: AssignedId): AssignedId {
  if (found.status !== 'REVOKED') return found;
  throw new DomainError('INVALID_TRANSITION', { from: found.status });
}
