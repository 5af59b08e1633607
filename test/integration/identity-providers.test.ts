import { gatherCast, type Cast } from '../helpers/cast';
import { codeOf } from '../helpers/graphql';
import { newName } from '../helpers/orders';
import { createPerson } from '../helpers/people';
import { forgetAttempts } from '../helpers/rows';
import { signingKey, type SigningKey } from '../helpers/saml/saml-provider';
import {
  createProvider,
  providerInput,
  SamlSignIn,
  signInBySaml,
  type KnownProvider,
  type ProviderSettings,
} from '../helpers/saml/saml-stage';
import { startTestServer, type TestServer } from '../helpers/server';
import { sessionOf } from '../helpers/sessions';

let server: TestServer;
let cast: Cast;
let key: SigningKey;
let otherKey: SigningKey;

beforeAll(async () => {
  server = await startTestServer();
  cast = await gatherCast(server);
  [key, otherKey] = await Promise.all([signingKey(), signingKey()]);
});
beforeEach(() => forgetAttempts(server.database));
afterAll(() => server.stop());

const PROVIDER = `{ id name label entityId signInUrl signOutUrl certificates authenticationContext
  attributes { username email displayName groups } createUsers acceptUnsolicited enabled metadataUrl acsUrl }`;

const create = (input: ProviderSettings) =>
  server.graphql(
    `mutation ($input: IdentityProviderInput!) { createIdentityProvider(input: $input) ${PROVIDER} }`,
    { input },
    { token: cast.admin },
  );
const update = (id: string, input: ProviderSettings) =>
  server.graphql(
    `mutation ($id: ID!, $input: IdentityProviderInput!) { updateIdentityProvider(id: $id, input: $input) ${PROVIDER} }`,
    { id, input },
    { token: cast.admin },
  );
const remove = (id: string) =>
  server.graphql(
    'mutation ($id: ID!) { deleteIdentityProvider(id: $id) }',
    { id },
    { token: cast.admin },
  );
const base64Of = ({ certificate }: SigningKey) => certificate.replace(/-----[^-]+-----|\s/g, '');

function metadata({ before = '', role = '' } = {}): string {
  const descriptor = (use: string, of: SigningKey) =>
    `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n${base64Of(of)}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  return `<?xml version="1.0"?>${before}<!-- as exported --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.org/meta">
    <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    ${descriptor(' use="signing"', key)}${descriptor('', otherKey)}${descriptor(' use="encryption"', otherKey)}
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.org/slo"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.org/post"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.org/sso?x=1"/>
    </md:IDPSSODescriptor>${role}</md:EntityDescriptor>`;
}
const byMetadata = (metadataXml: string, more: ProviderSettings = {}) => ({
  name: newName('idp'),
  label: 'Corp',
  metadataXml,
  createUsers: false,
  enabled: true,
  ...more,
});

test('a provider is made of its fields, and listed by name', async () => {
  const name = newName('idp');
  const { data } = await create(providerInput(name, key));
  const made = data.createIdentityProvider;
  expect(made).toMatchObject({
    name,
    label: `Provider ${name}`,
    entityId: `https://${name}.example.org/idp`,
    authenticationContext: null,
    attributes: { username: 'NameID', email: null, displayName: null, groups: null },
    createUsers: true,
    acceptUnsolicited: false,
    enabled: true,
    metadataUrl: `${server.url}/saml/${name}/metadata`,
    acsUrl: `${server.url}/saml/${name}/acs`,
  });
  expect(made.certificates).toEqual([expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n/)]);
  const list = await server.graphql(`{ identityProviders ${PROVIDER} }`, {}, { token: cast.admin });
  expect(list.data.identityProviders).toContainEqual(made);
});

test('a provider is made of its metadata: the redirect binding and every key that signs', async () => {
  const { data } = await create(byMetadata(metadata()));
  expect(data.createIdentityProvider).toMatchObject({
    entityId: 'https://idp.example.org/meta',
    signInUrl: 'https://idp.example.org/sso?x=1',
    signOutUrl: 'https://idp.example.org/slo',
  });
  expect(data.createIdentityProvider.certificates).toHaveLength(2);
});

test('either key signs while one takes the place of the other', async () => {
  const provider = await createProvider(server, cast.admin, newName('roll'));
  const input = providerInput(provider.name, provider.key, {
    certificates: [provider.key.certificate, base64Of(otherKey), otherKey.certificate],
  });
  const { data } = await update(provider.id, input);
  expect(data.updateIdentityProvider.certificates).toHaveLength(2);
  await expect(signInBySaml(server, provider, newName('user'))).resolves.toBeDefined();
  await expect(
    signInBySaml(server, { ...provider, key: otherKey }, newName('user')),
  ).resolves.toBeDefined();
});

const weakKeys = { small: '' };
beforeAll(async () => {
  weakKeys.small = (await signingKey(1024)).certificate;
});

test.each<[string, string, () => ProviderSettings]>([
  ['a name that is no slug', 'name', () => ({ name: 'Corp/../x' })],
  ['a name that ends in a hyphen', 'name', () => ({ name: 'corp-' })],
  ['a name that is too long', 'name', () => ({ name: 'a'.repeat(41) })],
  ['an empty label', 'label', () => ({ label: ' ' })],
  ['an entity id with spaces', 'entityId', () => ({ entityId: 'a b' })],
  ['a URL in the clear', 'signInUrl', () => ({ signInUrl: 'http://idp.example.org/sso' })],
  ['a URL of another kind', 'signInUrl', () => ({ signInUrl: 'javascript:alert(1)' })],
  ['a URL with a password', 'signInUrl', () => ({ signInUrl: 'https://a:b@idp.example.org/' })],
  ['a URL with a fragment', 'signInUrl', () => ({ signInUrl: 'https://idp.example.org/#x' })],
  ['no URL at all', 'signInUrl', () => ({ signInUrl: 'sso' })],
  ['a sign-out in the clear', 'signOutUrl', () => ({ signOutUrl: 'http://idp.example.org/slo' })],
  ['no certificate', 'certificates', () => ({ certificates: [] })],
  ['too many certificates', 'certificates', () => ({ certificates: Array(11).fill(key.certificate) })],
  ['what is no certificate', 'certificates.1', () => ({ certificates: [key.certificate, 'MIIB'] })],
  ['a private key', 'certificates.0', () => ({ certificates: [key.privateKey] })],
  ['a small key', 'certificates.0', () => ({ certificates: [weakKeys.small] })],
  ['an empty context', 'authenticationContext', () => ({ authenticationContext: '' })],
  ['an empty attribute', 'attributes.email', () => ({ attributes: { username: 'uid', email: '' } })],
  ['metadata beside the fields', 'entityId', () => ({ metadataXml: metadata() })],
])('%s is refused, with the path input.%s', async (_, field, wrong) => {
  const right = providerInput(newName('idp'), key);
  expect((await create(right)).errors).toEqual([]);
  const answer = await create({ ...right, name: newName('idp'), ...wrong() });
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(answer.errors[0]?.extensions['fields']).toContainEqual(
    expect.objectContaining({ field: `input.${field}` }),
  );
}); // prettier-ignore

test.each<[string, () => string]>([
  ['nothing of a document', () => 'no xml'],
  ['a document type', () => metadata({ before: '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' })],
  ['another document', () => '<html xmlns="urn:x"/>'],
  ['no provider in it', () => metadata().replaceAll('IDPSSODescriptor', 'SPSSODescriptor')],
  ['two of them', () => metadata().replace(/(<md:IDPSSODescriptor.*<\/md:IDPSSODescriptor>)/s, '$1$1')],
  ['no redirect binding', () => metadata().replaceAll('HTTP-Redirect', 'SOAP')],
  ['no entity id', () => metadata().replace('entityID', 'x')],
  ['more than a lot', () => metadata({ role: '<x/>'.repeat(40_000).slice(0, 200_000) })],
])('metadata with %s are refused', async (_, xml) => {
  const answer = await create(byMetadata(xml()));
  expect(codeOf(answer)).toBe('INVALID_INPUT');
  expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.metadataXml' }]);
}); // prettier-ignore

test('a provider needs metadata or fields', async () => {
  const { certificates, ...incomplete } = providerInput(newName('idp'), key);
  expect(certificates).toHaveLength(1);
  const answer = await create(incomplete);
  expect(answer.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.metadataXml' }]);
});

test('plain http is for providers on this machine', async () => {
  const local = { signInUrl: 'http://localhost:7000/sso', signOutUrl: 'http://127.0.0.1:7000/slo' };
  expect((await create(providerInput(newName('idp'), key, local))).errors).toEqual([]);
});

test('a name is given once, and stays', async () => {
  const provider = await createProvider(server, cast.admin, newName('idp'));
  const again = await create(providerInput(provider.name, key));
  expect(codeOf(again)).toBe('CONFLICT');
  const renamed = await update(provider.id, providerInput(newName('idp'), key));
  expect(renamed.errors[0]?.extensions['fields']).toMatchObject([{ field: 'input.name' }]);
});

test('in an update what is left out stays, and null clears', async () => {
  const provider = await createProvider(server, cast.admin, newName('idp'), {
    authenticationContext: 'urn:x:context',
    attributes: { username: 'uid', groups: 'member' },
    acceptUnsolicited: true,
  });
  const must = { name: provider.name, label: 'New', createUsers: false, enabled: true };
  const kept = await update(provider.id, must);
  expect(kept.data.updateIdentityProvider).toMatchObject({
    label: 'New',
    entityId: provider.issuer,
    authenticationContext: 'urn:x:context',
    attributes: { username: 'uid', groups: 'member' },
    acceptUnsolicited: true,
    createUsers: false,
  });
  const cleared = await update(provider.id, {
    ...must,
    authenticationContext: null,
    signOutUrl: null,
    attributes: null,
  });
  expect(cleared.data.updateIdentityProvider).toMatchObject({
    authenticationContext: null,
    signOutUrl: null,
    attributes: { username: 'NameID', groups: null },
  });
});

test('what does not exist is not found', async () => {
  for (const id of ['nothing', '00000000-0000-0000-0000-000000000001']) {
    expect(codeOf(await update(id, providerInput(newName('idp'), key)))).toBe('NOT_FOUND');
    expect(codeOf(await remove(id))).toBe('NOT_FOUND');
  }
});

test('every change stands in the audit log', async () => {
  const provider = await createProvider(server, cast.admin, newName('idp'));
  await update(provider.id, providerInput(provider.name, provider.key, { label: 'New' }));
  await remove(provider.id);
  const rows = await server.database.query(
    `SELECT actor, action, detail FROM audit_entry WHERE target = $1 ORDER BY id`,
    [`identity-provider:${provider.id}`],
  );
  const { name } = provider;
  expect(rows).toEqual([
    { actor: 'user:admin', action: 'identity-provider.create', detail: name },
    { actor: 'user:admin', action: 'identity-provider.update', detail: 'label' },
    { actor: 'user:admin', action: 'identity-provider.delete', detail: name },
  ]);
});

describe('what was proven at a provider', () => {
  const evidence = async (token: string): Promise<string[]> => {
    const { data } = await server.graphql('{ viewer { evidence { provider } } }', {}, { token });
    return data.viewer.evidence.map((each: any) => each.provider as string);
  };

  test.each<[string, (provider: KnownProvider) => Promise<unknown>]>([
    ['it is switched off', (provider) =>
      update(provider.id, providerInput(provider.name, provider.key, { enabled: false }))],
    ['it is deleted', (provider) => remove(provider.id)],
    ['it becomes another', (provider) =>
      update(provider.id, providerInput(provider.name, provider.key, { entityId: 'https://x.example/' }))],
    ['a key of its is withdrawn', (provider) => update(provider.id, providerInput(provider.name, otherKey))],
    ['it must authenticate otherwise', (provider) =>
      update(provider.id, providerInput(provider.name, provider.key, { authenticationContext: 'urn:x:strong' }))],
  ])('counts no longer when %s', async (_, change) => {
    const provider = await createProvider(server, cast.admin, newName('idp'));
    const neighbour = await createProvider(server, cast.admin, newName('idp'));
    const name = newName('user');
    const token = await signInBySaml(server, provider, name);
    const other = await signInBySaml(server, neighbour, name);
    await update(provider.id, providerInput(provider.name, provider.key, { label: 'Only a label' }));
    expect(await evidence(token)).toEqual([provider.name]);
    await change(provider);
    expect(await evidence(token)).toEqual([]);
    expect(await evidence(other)).toEqual([neighbour.name]);
  }); // prettier-ignore

  test('by an administrator who has no other way in keeps the provider', async () => {
    const provider = await createProvider(server, cast.admin, newName('idp'));
    const person = await createPerson(server, cast.admin, newName('chief'), ['ADMIN']);
    const session = await sessionOf(server, person.id);
    const link = await new SamlSignIn(server, provider, session).begin();
    await link.finish(await link.answer(person.username));
    const { rules, work } = server.app.services;
    const admins = await server.graphql(
      '{ accessRules { id name require { anyOf { method } } } }',
      {},
      { token: cast.admin },
    );
    const rule = admins.data.accessRules.find((each: any) => each.name === 'Administrators');
    const before = (await rules.list(work.read(await work.systemRequest('test', 't')))).find(
      ({ id }) => id === rule.id,
    );
    const require = [{ anyOf: [{ method: 'SAML', provider: provider.name }] }];
    const tightened = await server.graphql(
      'mutation ($id: ID!, $input: UpdateAccessRuleInput!) { updateAccessRule(id: $id, input: $input) { id } }',
      { id: rule.id, input: { require } },
      { token: cast.admin },
    );
    expect(tightened.errors).toEqual([]);
    const token = await signInBySaml(server, provider, person.username);
    const as = { token };
    const gone = await server.graphql(
      'mutation ($id: ID!) { deleteIdentityProvider(id: $id) }',
      { id: provider.id },
      as,
    );
    expect(codeOf(gone)).toBe('CONFLICT');
    const off = await server.graphql(
      'mutation ($id: ID!, $input: IdentityProviderInput!) { updateIdentityProvider(id: $id, input: $input) { id } }',
      { id: provider.id, input: providerInput(provider.name, provider.key, { enabled: false }) },
      as,
    );
    expect(codeOf(off)).toBe('CONFLICT');
    const loosened = await server.graphql(
      'mutation ($id: ID!, $input: UpdateAccessRuleInput!) { updateAccessRule(id: $id, input: $input) { id } }',
      { id: rule.id, input: { require: before?.require } },
      as,
    );
    expect(loosened.errors).toEqual([]);
    expect((await remove(provider.id)).errors).toEqual([]);
  });

  test('names mean nothing any more once the provider has become another', async () => {
    const provider = await createProvider(server, cast.admin, newName('idp'), {
      attributes: { username: 'uid' },
    });
    const nameId = newName('id');
    const first = { fields: { attributes: { uid: [newName('a')] } } };
    await signInBySaml(server, provider, nameId, first);
    const issuer = 'https://another.example.org/idp';
    await update(
      provider.id,
      providerInput(provider.name, provider.key, {
        entityId: issuer,
        attributes: { username: 'uid' },
      }),
    );
    const uid = newName('b');
    const second = { fields: { attributes: { uid: [uid] } } };
    const token = await signInBySaml(server, { ...provider, issuer }, nameId, second);
    const { data } = await server.graphql('{ viewer { user { username } } }', {}, { token });
    expect(data.viewer.user.username).toBe(uid);
  });
});
