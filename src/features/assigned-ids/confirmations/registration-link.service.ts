import type { Scope } from '../../../platform/scope.js';
import { registrationUrlOf, type ProjectService } from '../../projects/project.service.js';
import type { AssignedId } from '../assigned-id.js';
import type { RegistrationTokens } from './registration-tokens.js';

const TOKEN_PLACEHOLDER = '{registrationToken}';

/** Where the holder of an assigned ID registers it with the host system. */
export class RegistrationLinkService {
  constructor(
    private readonly projects: Pick<ProjectService, 'load'>,
    private readonly tokens: RegistrationTokens,
  ) {}

  /**
   * By the project's template of today; null where it has none, and once the ID is revoked. Where the token stands in it, null
   * also for everybody but the phone: whoever has the link could register the ID as his own.
   */
  async urlFor(scope: Scope, { id, projectId, status, value }: AssignedId): Promise<string | null> {
    if (status === 'REVOKED') return null;
    const { name, settings } = await this.projects.load(scope, projectId);
    const { registrationUrlTemplate: template } = settings;
    if (template === null) return null;
    if (template.includes(TOKEN_PLACEHOLDER) && !isPhone(scope)) return null;
    const registrationToken = this.tokens.tokenOf(id);
    return registrationUrlOf(template, { assignedId: value, registrationToken, projectName: name });
  }
}

/** Phones act by their own key and token; who is signed in, or an application, is none. */
function isPhone({ actor }: Scope): boolean {
  return actor.kind === 'anonymous';
}
