import { changeId, SelfRegisteredPhone } from '../helpers/assigned-ids';
import { gatherCast, type Cast } from '../helpers/cast';
import { createSelfRegistration } from '../helpers/self-registration';
import { startTestServer, type TestServer } from '../helpers/server';
import { WebhookReceiver } from '../helpers/receivers/webhook-receiver';
import { WebhookAdmin } from '../helpers/webhooks';

let server: TestServer;
let cast: Cast;
let receiver: WebhookReceiver;
beforeAll(async () => {
  server = await startTestServer({ environment: { WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' } });
  cast = await gatherCast(server);
  receiver = await new WebhookReceiver().start();
});
afterAll(async () => {
  await server.stop();
  await receiver.stop();
});

test('a host system is told which ID a phone has got, that it was confirmed, and that it was revoked', async () => {
  const { projectId, code } = await createSelfRegistration(server, cast.admin, {
    firstId: 7,
    idPrefix: 'K-',
  });
  const admin = new WebhookAdmin(server, cast.admin);
  const endpoint = await admin.create(projectId, receiver);
  const { id: profileId, assignedId } = await new SelfRegisteredPhone(server).register(code);
  const { value } = assignedId;
  const { data } = await receiver.untilType('assigned-id.assigned');
  expect(data).toEqual({ projectId, assignedId: value, profileId, hostReference: null });
  const { data: active } = await receiver.untilType('enrolment.active');
  expect(active).toMatchObject({ profileId, userId: null, externalId: null, channel: null });
  const operator = cast.operator.token;
  await changeId(server, operator, 'confirmAssignedId', { projectId, value, hostReference: 'h-1' });
  const confirmed = await receiver.untilType('assigned-id.confirmed');
  expect(confirmed.data).toEqual({ projectId, assignedId: value, profileId, hostReference: 'h-1' });
  await changeId(server, operator, 'revokeAssignedId', { projectId, value, reason: 'lost' });
  const revoked = await receiver.untilType('assigned-id.revoked');
  expect(revoked.data).toEqual({ projectId, assignedId: value, profileId, hostReference: null });
  expect((await receiver.untilType('profile.revoked')).data).toMatchObject({
    profileId,
    userId: null,
  });
  await admin.replay(endpoint.id, { after: confirmed.id });
  expect((await receiver.untilType('assigned-id.revoked', 2)).id).toBe(revoked.id);
  expect(receiver.types.filter((type) => type === 'assigned-id.confirmed')).toHaveLength(1);
});
