import { addMember } from '../members';
import { newName } from '../orders';
import { createProject } from '../people';
import { given, someoneNew, type Scene, type Setters, type Setting } from './scene';

/** Users of projects, as operators and host systems add, change, invite and remove them. */
export function memberScenes(setting: Setting): Setters {
  const { server, cast } = setting;
  const ofNewMember = async (projectId: string, more: Scene['args'] = {}): Promise<Scene> => {
    const userId = await someoneNew(setting);
    await addMember(server, cast.admin, { projectId, userId, invite: false });
    return given({ projectId, userId, ...more });
  };
  let mailing: Promise<string> | undefined; // one for all who are invited
  const mailingProject = (): Promise<string> =>
    (mailing ??= createProject(server, cast.admin, newName('mailing'), { channels: ['EMAIL'] }));
  return {
    addProjectMember: async () =>
      given({ projectId: cast.projectId, userId: await someoneNew(setting) }),
    updateProjectMember: () => ofNewMember(cast.projectId, { hostId: newName('host') }),
    removeProjectMember: () => ofNewMember(cast.projectId),
    inviteProjectMember: async () => ofNewMember(await mailingProject()),
  };
}
