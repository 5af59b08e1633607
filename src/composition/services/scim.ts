import { ScimGroupService } from '../../features/scim/scim-group.service.js';
import { ScimProjectService } from '../../features/scim/scim-project.service.js';
import { ScimUserService } from '../../features/scim/scim-user.service.js';
import type { Base } from './base.js';

/** What directories push into projects. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- services are what it returns
export function createScim({ projects, clients, users, members, ...base }: Base) {
  const { memberStandings, audit, publicUrl } = base;
  const scimProjects = new ScimProjectService({ projects, clients, users, publicUrl });
  return {
    scimProjects,
    scimUsers: new ScimUserService({ scimProjects, members, memberStandings, users, audit }),
    scimGroups: new ScimGroupService({ scimProjects, audit }),
  };
}
