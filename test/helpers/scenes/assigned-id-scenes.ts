import { ASSIGNED_ID_LOG } from '../../../src/features/assigned-ids/assigned-id-log.service';
import type { ProjectId } from '../../../src/kernel/ids';
import { changeId, SelfRegisteredPhone } from '../assigned-ids';
import { createSelfRegistration } from '../self-registration';
import type { Scene, Setters, Setting } from './scene';

export function assignedIdScenes(setting: Setting): Setters {
  return {
    assignedId: () => named(setting),
    assignedIds: async () => {
      const { args } = await named(setting);
      return { args: { projectId: args['projectId'] } };
    },
    'Subscription.assignedIds': () => followable(setting),
    confirmAssignedId: () => named(setting, { hostReference: 'customer 4711' }),
    unconfirmAssignedId: () => confirmed(setting),
    revokeAssignedId: () => named(setting),
    reportDevice: async () => {
      const phone = new SelfRegisteredPhone(setting.server);
      return Promise.resolve({ args: { proof: phone.reportProof() } });
    },
  };
}

/** An ID that a new phone has, in a project of its own. */
async function named({ server, cast }: Setting, more: Scene['args'] = {}): Promise<Scene> {
  const { projectId, code } = await createSelfRegistration(server, cast.admin);
  const { assignedId } = await new SelfRegisteredPhone(server).register(code);
  return { args: { projectId, value: assignedId.value as string, ...more } };
}

async function confirmed(setting: Setting): Promise<Scene> {
  const { args } = await named(setting);
  const { projectId, value } = args as { projectId: string; value: string };
  const confirmation = { projectId, value, hostReference: 'customer 4711' };
  await changeId(setting.server, setting.cast.admin, 'confirmAssignedId', confirmation);
  return { args };
}

/** A project whose log goes on behind the cursor. */
async function followable({ server, cast }: Setting): Promise<Scene> {
  const { projectId, code } = await createSelfRegistration(server, cast.admin);
  const { streams } = server.app.services;
  const events = await streams.follow(ASSIGNED_ID_LOG, projectId as ProjectId, null);
  await new SelfRegisteredPhone(server).register(code);
  const { value } = await events.next();
  await events.return?.();
  await new SelfRegisteredPhone(server).register(code);
  return { args: { projectId, after: value?.cursor } };
}
