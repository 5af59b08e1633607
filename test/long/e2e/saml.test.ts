import type { Page } from 'playwright-core';
import type { Employee } from '../../../src/cli/demo-corp/staff';
import { evidenceOf } from '../../helpers/account';
import { readQrCode, type BrowserWindow } from '../../helpers/browser/browser';
import type { RunningProvider } from '../../helpers/saml/identity-providers';
import { administrator, createPerson, type Person } from '../../helpers/people';
import {
  createMobileId,
  scan,
  seeStatus,
  signInOnPage,
  stepUpOnPage,
} from '../../helpers/browser/portal';
import { connect, realProviders, setOrderRule } from '../../helpers/saml/real-providers';
import { setStage, type Stage } from '../../helpers/browser/stage';

const employee = (username: string): Employee => ({
  username,
  displayName: `${username} of the company`,
  email: `${username}@corp.example`,
  groups: ['staff'],
  password: `the-password-of-${username}-at-the-company`,
});
const [SELMA, TORA, OLGA, VERA, OTTO, SIGNE, SVEN] = [
  'selma',
  'tora',
  'olga',
  'vera',
  'otto',
  'signe',
  'sven',
].map(employee) as [Employee, Employee, Employee, Employee, Employee, Employee, Employee];
const STAFF = [SELMA, TORA, OLGA, VERA, OTTO, SIGNE, SVEN];

describe.each(realProviders())('at $name', (make) => {
  const { name } = make;
  let stage: Stage;
  let provider: RunningProvider;
  let admin: string;

  beforeAll(async () => {
    stage = await setStage();
    admin = await administrator(stage.server);
    provider = await make.start(`${stage.server.url}/saml/${name}/metadata`, STAFF);
    await connect(stage.server, admin, { name, provider });
  });
  afterEach(() => stage.closeWindows());
  afterAll(async () => {
    await provider.stop();
    await stage.close();
  });

  const goToProvider = (page: Page) =>
    page.getByRole('link', { name: `Sign in with ${name}` }).click();

  const signInThere = async (page: Page, who: Employee): Promise<void> => {
    await goToProvider(page);
    await make.seeForm(page);
    expect(page.url()).toContain(provider.url);
    await make.signIn(page, who);
  };

  /** A portal window of somebody who works there, and has signed in by that alone. */
  const arrive = async (who: Employee): Promise<BrowserWindow> => {
    const window = await stage.openPortal();
    await window.page.goto('/');
    await signInThere(window.page, who);
    await window.page.getByRole('button', { name: 'Sign out' }).waitFor();
    return window;
  };

  /** A portal window of a user of that name, signed in by password, at the order page. */
  const order = async ({ username }: Employee): Promise<BrowserWindow & { person: Person }> => {
    const person = await createPerson(stage.server, admin, username);
    const window = await stage.openPortal();
    await window.page.goto('/');
    await signInOnPage(window.page, person);
    await window.page.getByRole('link', { name: 'Get mobile ID' }).click();
    await window.page.locator('[data-step-up="PROVE"]').waitFor();
    return { ...window, person };
  };

  test('sign-in by SAML leads to the order page, asks there only for what is missing, and ends in an active mobile ID', async () => {
    await setOrderRule(stage.server, admin, [
      { method: 'SAML', provider: name, maxAgeSeconds: 600 },
      { method: 'EMAIL_CODE', maxAgeSeconds: 600 },
    ]);
    const { data } = await stage.server.graphql(
      '{ projects { nodes { id } } }',
      {},
      { token: admin },
    );
    const { page, complaints } = await stage.openPortal();
    await page.goto(`/#/order/${data.projects.nodes[0].id as string}`);
    await signInThere(page, SELMA);

    const asked = page.locator('[data-step-up="PROVE"]');
    await asked.waitFor();
    expect(page.url()).toContain(`${stage.server.url}/#/order/`);
    expect(await asked.getByRole('button').allInnerTexts()).toEqual(['Send me a code']);
    expect(await asked.getByRole('link').count()).toBe(0);
    await stepUpOnPage(page, stage.server, SELMA.email);
    await seeStatus(page, 'WAITING_FOR_SCAN');
    const phone = await stage.openPhone();
    await scan(phone.page, await readQrCode(page.getByTestId('qr')));
    await createMobileId(phone.page);
    await seeStatus(page, 'ACTIVE');
    expect(await evidenceOf(page)).toEqual(['SAML', 'EMAIL_CODE']);
    expect(complaints.filter((complaint) => !complaint.includes(provider.url))).toEqual([]);
  });

  test('a step-up by SAML adds its evidence to the very session that asked for it', async () => {
    await setOrderRule(stage.server, admin, [{ method: 'SAML', provider: name }]);
    const { page } = await order(TORA);
    const before = await sessionsOf(page);
    await signInThere(page, TORA);
    await page.getByRole('button', { name: 'Show QR code' }).click();
    await seeStatus(page, 'WAITING_FOR_SCAN');
    // In either order: a provider tells whole seconds.
    expect((await evidenceOf(page)).sort()).toEqual(['PASSWORD', 'SAML']);
    expect(before).toHaveLength(1);
    expect(await sessionsOf(page)).toEqual(before);
  });

  test('an old session at the provider does not count where a fresh proof is asked for', async () => {
    await setOrderRule(stage.server, admin, [{ method: 'SAML', provider: name }]);
    const known = await order(OLGA);
    await signInThere(known.page, OLGA);
    await known.page.getByRole('button', { name: 'Show QR code' }).waitFor();
    const first = await samlInstantOf(known.page);
    await endSessionHere(known.page);

    // The control: any age will do, and the provider lets her through without a word.
    await signInOnPage(known.page, known.person);
    await goToProvider(known.page);
    await known.page.getByRole('button', { name: 'Show QR code' }).waitFor();
    expect(await samlInstantOf(known.page)).toBe(first);
    await endSessionHere(known.page);

    await setOrderRule(stage.server, admin, [
      { method: 'SAML', provider: name, maxAgeSeconds: 600 },
    ]);
    await signInOnPage(known.page, known.person);
    await signInThere(known.page, OLGA);
    await known.page.getByRole('button', { name: 'Show QR code' }).waitFor();
    expect(Date.parse(await samlInstantOf(known.page))).toBeGreaterThan(Date.parse(first));
  });

  test('another person at the provider does not join the session that began', async () => {
    await setOrderRule(stage.server, admin, [{ method: 'SAML', provider: name }]);
    const { page } = await order(VERA);
    await signInThere(page, OTTO);
    await page.getByText('You came back as somebody else').waitFor();
    await page
      .getByRole('button', { name: `Account of ${VERA.username}` })
      .or(page.getByRole('link', { name: `Account of ${VERA.username}` }))
      .waitFor();
    expect(await evidenceOf(page)).toEqual(['PASSWORD']);
  });

  test('a sign-out at the provider ends the session here, and the page says so', async () => {
    await setOrderRule(stage.server, admin, [{ method: 'SAML', provider: name }]);
    const { page, context } = await arrive(SIGNE);
    await page.getByRole('link', { name: 'Get mobile ID' }).click();
    await page.getByRole('button', { name: 'Show QR code' }).click();
    await seeStatus(page, 'WAITING_FOR_SCAN');
    await make.signOut(await context.newPage(), provider);
    await page.getByText('Your session has ended. Sign in again').waitFor();
    expect(await evidenceOf(page)).toEqual([]);
  });

  test('a sign-out here ends the session at the provider too', async () => {
    const { page } = await arrive(SVEN);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('User name').waitFor();
    expect(page.url()).toBe(`${stage.server.url}/`);
    expect(await page.locator('[data-notice]').count()).toBe(0);
    expect(await evidenceOf(page)).toEqual([]);
    await goToProvider(page);
    await make.seeForm(page);
  });
});

interface Answer {
  readonly data: {
    readonly mySessions: { readonly id: string }[];
    readonly viewer: { readonly evidence: { readonly method: string; readonly at: string }[] };
  };
}

async function ask(page: Page, query: string): Promise<Answer['data']> {
  const response = await page.request.post('/graphql', { data: { query } });
  return ((await response.json()) as Answer).data;
}

async function sessionsOf(page: Page): Promise<string[]> {
  return (await ask(page, '{ mySessions { id } }')).mySessions.map(({ id }) => id);
}

/** When the provider says that the person gave his password. */
async function samlInstantOf(page: Page): Promise<string> {
  const { evidence } = (await ask(page, '{ viewer { evidence { method at } } }')).viewer;
  return evidence.find(({ method }) => method === 'SAML')?.at ?? '';
}

/** Without a word to the provider, as when a session runs out. */
async function endSessionHere(page: Page): Promise<void> {
  await ask(page, 'mutation { signOut }');
  await page.reload();
}
