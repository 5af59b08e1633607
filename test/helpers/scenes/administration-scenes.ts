import { createClient, createScimToken } from '../api-clients';
import { newName } from '../orders';
import { createProject } from '../people';
import { changeSelfRegistration, createSelfRegistration } from '../self-registration';
import { signingKey, type SigningKey } from '../saml/saml-provider';
import { providerInput } from '../saml/saml-stage';
import { given, type Scene, type Setters, type Setting } from './scene';

export function administrationScenes(setting: Setting): Setters {
  const { server, cast, confirmed } = setting;
  const ofNewClient = async (more: Scene['args'] = {}): Promise<Scene> => {
    const { id } = await createClient(server, cast.admin);
    return given({ id, ...more });
  };
  let signing: Promise<SigningKey> | undefined; // one for all providers, as it takes long to make
  const key = (): Promise<SigningKey> => (signing ??= signingKey());
  return {
    project: () => given({ id: cast.projectId }),
    invitationPreview: () => given({ projectId: cast.projectId }),
    createProject: () => given({ input: { name: newName('p') } }),
    importUsers: async () =>
      given({
        projectId: await createProject(server, cast.admin, newName('imported')),
        csv: `e-mail,name\n${newName('someone')}@example.org,Somebody New\n`,
        dryRun: false,
      }),
    updateProjectSettings: () => given({ id: confirmed, settings: { instructions: 'Scan.' } }),
    updateCertificateProfile: () =>
      given({ projectId: confirmed, input: { kind: 'SIGNATURE', organization: 'Demo Corp' } }),
    pauseSelfRegistration: async () => given({ projectId: await newSelfRegistration(setting) }),
    resumeSelfRegistration: async () =>
      given({ projectId: await newSelfRegistration(setting, { isPaused: true }) }),
    rotateActivationCode: async () => given({ projectId: await newSelfRegistration(setting) }),
    updateIdPolicy: async () =>
      given({ projectId: await newSelfRegistration(setting), policy: { quota: 1000 } }),
    createApiClient: () => given({ name: newName('client'), scopes: ['users:read'] }),
    updateApiClient: () => ofNewClient({ input: { name: 'Renamed' } }),
    rotateApiClientSecret: () => ofNewClient(),
    deleteApiClient: () => ofNewClient(),
    createScimToken: async () => {
      const { id: clientId } = await createClient(server, cast.admin);
      return given({ clientId, name: newName('directory') });
    },
    revokeScimToken: async () => {
      const client = await createClient(server, cast.admin);
      return given({ id: (await createScimToken(server, cast.admin, client)).id });
    },
    explainAccess: () => given({ resource: '/mobile-id/get', userId: cast.alva.id }),
    resourceAccess: () => given({ resource: '/mobile-id/get' }),
    createAccessRule: () => given({ input: ruleInput() }),
    updateAccessRule: async () => given({ id: await newRule(setting), input: { name: 'Renamed' } }),
    deleteAccessRule: async () => given({ id: await newRule(setting) }),
    createIdentityProvider: async () =>
      given({ input: providerInput(newName('idp'), await key()) }),
    updateIdentityProvider: async () => {
      const input = providerInput(newName('idp'), await key());
      return given({ id: await newProvider(setting, input), input: { ...input, label: 'New' } });
    },
    deleteIdentityProvider: async () =>
      given({ id: await newProvider(setting, providerInput(newName('idp'), await key())) }),
  };
}

async function newSelfRegistration(
  { server, cast }: Setting,
  { isPaused = false } = {},
): Promise<string> {
  const { projectId } = await createSelfRegistration(server, cast.admin);
  if (isPaused)
    await changeSelfRegistration(server, cast.admin, 'pauseSelfRegistration', projectId);
  return projectId;
}

async function newProvider({ server, cast }: Setting, input: object): Promise<string> {
  const { data } = await server.graphql(
    'mutation ($input: IdentityProviderInput!) { createIdentityProvider(input: $input) { id } }',
    { input },
    { token: cast.admin },
  );
  return data.createIdentityProvider.id as string;
}

async function newRule({ server, cast }: Setting): Promise<string> {
  const { data } = await server.graphql(
    'mutation ($input: AccessRuleInput!) { createAccessRule(input: $input) { id } }',
    { input: ruleInput() },
    { token: cast.admin },
  );
  return data.createAccessRule.id as string;
}

function ruleInput(): object {
  return { name: newName('rule'), enabled: false, resources: ['/mobile-id'], require: [] };
}
