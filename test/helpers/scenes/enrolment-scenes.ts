import { ENROLMENT_LOG } from '../../../src/features/enrolment/enrolment-log.service';
import type { ProjectId } from '../../../src/kernel/ids';
import { claimedOrder, order, tryOrder } from '../cast';
import { newName, type Order } from '../orders';
import { createProject } from '../people';
import { HonestOrNotPhone, requestFor } from '../phone';
import { noteSecret } from '../run';
import { eventually } from '../server';
import { given, type Scene, type Setters, type Setting } from './scene';

export function enrolmentScenes(setting: Setting): Setters {
  const { server, cast, confirmed, finished } = setting;
  const { projectId } = cast;
  return {
    enrolment: async () => ofOrder(await claimed(setting), 'id'),
    enrolmentStatus: async () => ofOrder(await claimed(setting), 'enrolmentId'),
    projectEnrolments: () => followable(setting),
    cancelEnrolment: async () => ofOrder(await claimed(setting), 'id'),
    confirmDevice: () => confirmable(setting),
    approveDevice: () => confirmable(setting),
    rejectDevice: async () => ofOrder(await claimed(setting, confirmed), 'id'),
    renewEnrolmentCode: async (isScanned) =>
      isScanned ? ofOrder(await claimed(setting), 'id') : expiredCode(setting),
    profile: () => given({ id: finished.profileId }),
    noteInvitationOpened: () => mailed(setting),
    resendMessage: () => sentMessage(setting),
    claimEnrolment: async () => {
      const phone = new HonestOrNotPhone(server);
      const placed = await ordered(setting);
      const { code } = placed;
      return {
        args: { input: { code, device: phone.device, proof: phone.proof(code) } },
        order: placed,
      };
    },
    activateEnrolment: async () => {
      const { order: placed, task } = await claimed(setting);
      const requests = task.keyRequests.map(({ kind }) => requestFor(kind, task.challenge));
      return { args: { input: { deviceToken: task.deviceToken, requests } }, order: placed };
    },
    startEnrolment: () => given({ input: { projectId } }),
    startEnrolmentForUser: () => given({ userId: cast.other.id, input: { projectId } }),
  };
}

function ordered({ server, cast }: Setting): Promise<Order> {
  return order(server, cast.alva.token, { projectId: cast.projectId });
}

function claimed(
  { server, cast }: Setting,
  projectId = cast.projectId,
): ReturnType<typeof claimedOrder> {
  return claimedOrder(server, cast.alva.token, projectId);
}

async function confirmable(setting: Setting): Promise<Scene> {
  const made = await claimed(setting, setting.confirmed);
  const { args, ...scene } = ofOrder(made, 'id');
  return { ...scene, args: { ...args, code: made.task.confirmationCode } };
}

async function expiredCode(setting: Setting): Promise<Scene> {
  const placed = await ordered(setting);
  await setting.server.database.query(
    `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
    [placed.id],
  );
  return { args: { id: placed.id }, order: placed };
}

/** A project whose log goes on behind the cursor. */
async function followable(setting: Setting): Promise<Scene> {
  const { projectId } = setting.cast;
  const { streams } = setting.server.app.services;
  const events = await streams.follow(ENROLMENT_LOG, projectId as ProjectId, null);
  await ordered(setting);
  const { value } = await events.next();
  await events.return?.();
  await ordered(setting);
  return { args: { projectId, after: value?.cursor } };
}

function ofOrder(
  { order: placed, task }: Awaited<ReturnType<typeof claimedOrder>>,
  argument: string,
): Scene {
  return { args: { [argument]: placed.id }, order: placed, deviceToken: task.deviceToken };
}

/** An order of alva's by mail, with its code. */
async function mailed({ server, cast }: Setting): Promise<Scene> {
  const projectId = await createProject(server, cast.admin, newName('mailing'), {
    channels: ['EMAIL'],
  });
  const before = new Set((await server.mails()).map(({ id }) => id));
  await tryOrder(server, cast.alva.token, { projectId });
  const mail = await server.mailTo(
    cast.alva.email,
    ({ id, text }) => !before.has(id) && text.includes('/i#'),
  );
  const code = /\/i#([\w-]{22})/.exec(mail.text)?.[1] ?? '';
  noteSecret(code);
  return given({ code });
}

/** One that has come to an end, and still has something to say. */
async function sentMessage({ server, cast }: Setting): Promise<Scene> {
  const { work, notifications } = server.app.services;
  const request = await work.systemRequest('scene', newName('request'));
  await work.change(request, (scope) =>
    notifications.notify(scope, 'PASSWORD_CHANGED', cast.alva.id),
  );
  const id = await eventually(async () => {
    const [message] = await server.database.query<{ id: string; state: string }>(
      `SELECT id, state FROM message WHERE subject_id = $1 AND template = 'PASSWORD_CHANGED'
       ORDER BY created_at DESC LIMIT 1`,
      [cast.alva.id],
    );
    return message?.state === 'SENT' ? message.id : undefined;
  });
  return given({ id });
}
