import { existsSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { Employee } from '../../../src/cli/demo-corp/staff';
import {
  SIMPLE_SAML_PHP,
  startCorp,
  startSimpleSamlPhp,
  type RunningProvider,
} from './identity-providers';
import type { TestServer } from '../server';

/** A make of identity provider, and what its pages look like to who signs in there. */
export interface ProviderMake {
  readonly name: string;
  start(serviceProvider: string, staff: readonly Employee[]): Promise<RunningProvider>;
  /** Waits until the provider asks for the password. */
  seeForm(page: Page): Promise<void>;
  signIn(page: Page, employee: Employee): Promise<void>;
  /** Signs out there, in a page of the same browser. */
  signOut(page: Page, provider: RunningProvider): Promise<void>;
}

const DEMO_CORP: ProviderMake = {
  name: 'demo-corp',
  start: startCorp,
  seeForm: (page) => page.getByLabel('Staff name').waitFor(),
  signIn: async (page, { username, password }) => {
    await page.getByLabel('Staff name').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  },
  signOut: async (page, { url }) => {
    await page.goto(url);
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByText('You are signed out.').waitFor();
  },
};

const SIMPLE_SAML: ProviderMake = {
  name: 'simplesamlphp',
  start: (_serviceProvider, staff) => startSimpleSamlPhp(staff),
  seeForm: (page) => page.locator('#username').waitFor(),
  signIn: async (page, { username, password }) => {
    await page.locator('#username').fill(username);
    await page.locator('#password').fill(password);
    await page.keyboard.press('Enter');
  },
  signOut: async (page, { url }) => {
    const end = encodeURIComponent(`${url}/logout.php`);
    await page.goto(`${url}/saml2/idp/SingleLogoutService.php?ReturnTo=${end}`);
    await page.waitForURL(`${url}/logout.php`);
  },
};

/**
 * Those that this machine has. SimpleSAMLphp comes with Debian's packages: where it is missing its tests are left out, but not
 * where everything has to be tested.
 */
export function realProviders(): readonly ProviderMake[] {
  if (existsSync(SIMPLE_SAML_PHP)) return [DEMO_CORP, SIMPLE_SAML];
  const advice = `no SimpleSAMLphp at ${SIMPLE_SAML_PHP}. On Debian: apt-get install simplesamlphp.`;
  if (process.env['CI'] === 'true') throw new Error(`Its tests cannot run: ${advice}`);
  process.stderr.write(`The tests against SimpleSAMLphp are left out: ${advice}\n`);
  return [DEMO_CORP];
}

const CREATE = `mutation ($input: IdentityProviderInput!) {
  createIdentityProvider(input: $input) { metadataUrl } }`;

/** Makes the two sides known to each other, as an administrator would. */
export async function connect(
  server: TestServer,
  admin: string,
  { name, provider }: { readonly name: string; readonly provider: RunningProvider },
): Promise<void> {
  const attributes = {
    username: 'username',
    email: 'email',
    displayName: 'displayName',
    groups: 'groups',
  };
  const { metadataXml } = provider;
  const input = {
    ...{ name, label: `Sign in with ${name}`, metadataXml, attributes },
    ...{ createUsers: true, enabled: true },
  };
  const { data, errors } = await server.graphql(CREATE, { input }, { token: admin });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  await provider.trust(data.createIdentityProvider.metadataUrl as string);
}

export interface Requirement {
  readonly method: string;
  readonly provider?: string;
  readonly maxAgeSeconds?: number;
}

/** What is needed to get a mobile ID from now on: each of these. */
export async function setOrderRule(
  server: TestServer,
  admin: string,
  requirements: readonly Requirement[],
): Promise<void> {
  const { data } = await server.graphql('{ accessRules { id resources } }', {}, { token: admin });
  const rules = data.accessRules as { id: string; resources: string[] }[];
  const rule = rules.find(({ resources }) => resources.includes('/mobile-id/get'));
  const { errors } = await server.graphql(
    'mutation ($id: ID!, $input: UpdateAccessRuleInput!) { updateAccessRule(id: $id, input: $input) { id } }',
    { id: rule?.id, input: { require: requirements.map((anyOf) => ({ anyOf: [anyOf] })) } },
    { token: admin },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}
