import { newName } from '../orders';
import { createProject } from '../people';
import { WebhookAdmin } from '../webhooks';
import { given, type Scene, type Setters, type Setting } from './scene';

/** Nobody is asked for its address (RFC 6761 section 6.4). */
const URL = 'https://hooks.invalid/';

export function webhookScenes({ server, cast }: Setting): Setters {
  const admin = new WebhookAdmin(server, cast.admin);
  const newProject = (): Promise<string> => createProject(server, cast.admin, newName('p'));
  const newEndpoint = async (): Promise<string> => {
    const { data } = await admin.tryCreate(await newProject(), { url: URL, alertEmail: null });
    return data.createWebhookEndpoint.endpoint.id as string;
  };
  const ofNewEndpoint = async (more: Scene['args'] = {}): Promise<Scene> =>
    given({ id: await newEndpoint(), ...more });
  return {
    webhookEndpoints: async () => given({ projectId: await newProject() }),
    webhookDeliveries: async () => given({ endpointId: await newEndpoint() }),
    createWebhookEndpoint: async () =>
      given({ projectId: await newProject(), input: { url: URL } }),
    updateWebhookEndpoint: () => ofNewEndpoint({ input: { description: 'Renamed' } }),
    deleteWebhookEndpoint: () => ofNewEndpoint(),
    rotateWebhookSecret: () => ofNewEndpoint({ overlapSeconds: 0 }),
    replayWebhooks: () => ofNewEndpoint({ since: '2025-01-01T00:00:00Z' }),
    testWebhookEndpoint: () => ofNewEndpoint(),
    resendWebhookDelivery: async () => {
      const { id } = await admin.test(await newEndpoint());
      return given({ id });
    },
  };
}
