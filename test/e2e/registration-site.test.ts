import type { Browser, Page, WebSocket, WebSocketRoute } from 'playwright-core';
import { createClient, type TestClient } from '../helpers/api-clients';
import {
  openBrowser,
  openWindow,
  readQrCode,
  type BrowserWindow,
} from '../helpers/browser/browser';
import { noteSecretsIn } from '../helpers/graphql';
import { administrator, createProject } from '../helpers/people';
import { createMobileId, scan, seeScreen, seeStatus } from '../helpers/browser/portal';
import { freePort } from '../helpers/processes/process';
import { credentialsOf, registered, RegistrationSite } from '../helpers/registration-site';
import { noteSecret } from '../helpers/run';
import { startTestServer, type TestServer } from '../helpers/server';

const SCOPES = ['users:write', 'enrolment:create', 'enrolment:read'];

let server: TestServer;
let browser: Browser;
let admin: string;
let projectId: string;
let client: TestClient;
let site: RegistrationSite;

beforeAll(async () => {
  const url = `http://localhost:${String(await freePort())}`;
  [server, browser] = await Promise.all([
    startTestServer({ environment: { ALLOWED_ORIGINS: url } }),
    openBrowser(),
  ]);
  admin = await administrator(server);
  projectId = await createProject(server, admin, 'Fjordby Library', {
    selfService: false,
    accountNameTemplate: '{displayName}',
  });
  client = await createClient(server, admin, { scopes: SCOPES });
  site = await RegistrationSite.start(url, settingsFor(server.url));
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});
afterAll(async () => {
  await site.stop();
  await browser.close();
  await server.stop();
});

function settingsFor(signetUrl: string): Record<string, string> {
  return {
    SIGNET_URL: signetUrl,
    SIGNET_PROJECT: projectId,
    SIGNET_CLIENT_ID: client.clientId,
    SIGNET_CLIENT_SECRET: client.clientSecret,
  };
}

/** A window on the site, in which somebody new has just registered. */
async function openSite(name: string, prepare = noPreparation): Promise<BrowserWindow> {
  const window = await openWindow(browser, site, 'DESKTOP');
  const { page } = window;
  page.on('response', (response) => {
    if (!response.ok() || !response.url().endsWith('/mobile-id/orders')) return;
    void response
      .json()
      .then(noteSecretsIn)
      .catch(() => undefined); // the window has closed
  });
  await prepare(page);
  await page.goto('/');
  const form = page.locator('form[action="/register"]');
  const { email, password } = credentialsOf(name);
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('E-mail').fill(email);
  await form.getByLabel('Password').fill(password);
  await form.getByRole('button').click();
  await page.getByText(`Good day, ${name}.`).waitFor();
  for (const { value } of await page.context().cookies()) noteSecret(value);
  return window;
}
const noPreparation = (_page: Page): Promise<void> => Promise.resolve();

async function orderOn(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Get your mobile ID' }).click();
  return codeOn(page);
}

async function codeOn(page: Page): Promise<string> {
  await seeStatus(page, 'WAITING_FOR_SCAN');
  await page.locator('[data-connection="LIVE"]').waitFor();
  return readQrCode(page.locator('#qr'));
}

function openPhone(): Promise<BrowserWindow> {
  return openWindow(browser, server, 'PHONE');
}

async function seeMobileId(page: Page): Promise<string> {
  const text = page.locator('[data-status="ACTIVE"] [data-profile]');
  await text.waitFor();
  return (await text.getAttribute('data-profile')) ?? '';
}

/** What a page asks its site and Signet for: calls, and what it says on sockets. */
class Traffic {
  readonly calls: string[] = [];
  readonly sockets: WebSocket[] = [];
  readonly said: string[] = [];

  constructor(page: Page) {
    page.on('request', (request) => {
      const { pathname, origin } = new URL(request.url());
      const host = origin === site.url ? 'site' : origin;
      if (!pathname.startsWith('/assets/'))
        this.calls.push(`${request.method()} ${host}${pathname}`);
    });
    page.on('websocket', (socket) => {
      this.sockets.push(socket);
      socket.on('framesent', ({ payload }) => {
        this.said.push((JSON.parse(payload.toString()) as { type: string }).type);
      });
    });
  }
}

describe('the whole way', () => {
  const name = 'Zoë <b>Lind</b>';
  let window: BrowserWindow;
  let traffic: Traffic;
  let profileId: string;

  test('who registers on the site gets a mobile ID there, and the page asks for nothing twice', async () => {
    window = await openSite(name, async (page) => {
      await page.clock.install();
      traffic = new Traffic(page);
    });
    const { page } = window;
    const link = await orderOn(page);
    expect(link).toMatch(new RegExp(`^${server.url}/m#[A-Za-z0-9_-]{22}$`));
    await letMinutesPass(page);

    const phone = await openPhone();
    await scan(phone.page, link);
    await phone.page.getByText(name).waitFor();
    await seeStatus(page, 'SCANNED');
    await page.getByText('Phone: Android phone.').waitFor();
    await letMinutesPass(page);

    await createMobileId(phone.page);
    profileId = await seeMobileId(page);
    expect(traffic.calls).toEqual([
      'GET site/',
      'POST site/register',
      'GET site/',
      'POST site/mobile-id/orders',
      'POST site/mobile-id/arrivals',
      'GET site/',
    ]);
    expect(traffic.sockets.map((socket) => socket.url())).toEqual([
      `${server.url.replace('http', 'ws')}/graphql`,
    ]);
    expect(new Set(traffic.said)).toEqual(new Set(['connection_init', 'subscribe', 'ping']));
    expect(traffic.said.filter((type) => type !== 'ping')).toEqual([
      'connection_init',
      'subscribe',
    ]);
    expect(phone.complaints).toEqual([]);
    // Not of its own origin is the one socket alone.
    expect(window.complaints).toEqual([`socket: ${server.url.replace('http', 'ws')}/graphql`]);

    /** So that whatever asks by the clock does so. Each time, a heartbeat has to be answered first. */
    async function letMinutesPass(waiting: Page): Promise<void> {
      for (let minute = 0; minute < 2; minute += 1) {
        const pong = traffic.sockets[0]?.waitForEvent('framereceived', {
          predicate: ({ payload }) => payload.toString().includes('"pong"'),
        });
        await waiting.clock.fastForward(60_000);
        await pong;
      }
    }
  });

  test('the site has kept the mobile ID at its user, who is Signet’s by his UUID there', async () => {
    const reader = site.readerNamed(name);
    expect(reader).toMatchObject({ profileId, order: null });
    const { data } = await server.graphql(
      `query ($id: String!) { user(externalId: $id) {
         id username displayName email roles groups state profiles { id state } } }`,
      { id: reader.id },
      { token: admin },
    );
    expect(data.user).toEqual({
      id: reader.signetUserId,
      username: `site-${reader.id}`,
      displayName: name,
      email: null,
      roles: ['USER'],
      groups: ['registration-site'],
      state: 'ACTIVE',
      profiles: [{ id: profileId, state: 'ACTIVE' }],
    });
    expect((await server.mails()).filter(({ to }) => to.includes('readers'))).toEqual([]);
  });

  test('who has a mobile ID is offered no other, until it is revoked', async () => {
    const cookies = await registered(site, 'Una');
    const { link } = await orderBy(cookies);
    const phone = await openPhone();
    await scan(phone.page, link);
    await createMobileId(phone.page);
    const again = await fetch(`${site.url}/mobile-id/orders`, { method: 'POST', headers: cookies });
    expect([again.status, await again.json()]).toEqual([
      409,
      { message: 'You have a mobile ID already.' },
    ]);
    const { profileId: id } = site.readerNamed('Una');
    const { errors } = await server.graphql(
      'mutation ($id: ID!) { revokeProfile(id: $id, cause: SUPERSEDED, reason: "test") { id } }',
      { id },
      { token: admin },
    );
    expect(errors).toEqual([]);
    const home = await fetch(site.url, { headers: cookies });
    expect(await home.text()).toContain('REVOKED');
    expect((await orderBy(cookies)).link).not.toBe(link);
  });
});

interface Ordered {
  readonly enrolmentId: string;
  readonly link: string;
}

/** As the page does it. */
async function orderBy(cookies: Record<string, string>): Promise<Ordered> {
  const response = await fetch(`${site.url}/mobile-id/orders`, {
    method: 'POST',
    headers: cookies,
  });
  const order: any = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(order));
  noteSecretsIn(order);
  return { enrolmentId: order.enrolment.id, link: order.enrolment.qr.uri };
}

test('“Not my phone” ends the order for that phone, and the next order is another', async () => {
  const { page } = await openSite('Alva');
  const link = await orderOn(page);
  const stranger = await openPhone();
  await scan(stranger.page, link);
  await seeStatus(page, 'SCANNED');
  await page.getByRole('button', { name: 'Not my phone' }).click();
  await seeStatus(page, 'CANCELLED');
  await stranger.page.locator('[data-problem="ENROLMENT_CANCELLED"]').waitFor();

  const next = await orderOn(page);
  expect(next).not.toBe(link);
  const phone = await openPhone();
  await scan(phone.page, next);
  await createMobileId(phone.page);
  expect(await seeMobileId(page)).toBe(site.readerNamed('Alva').profileId);
});

test('a code that has run out is replaced by a fresh one of the same order', async () => {
  const { page } = await openSite('Berit');
  const link = await orderOn(page);
  const { order } = site.readerNamed('Berit');
  await server.database.query(
    `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
    [order?.enrolmentId],
  );
  await seeStatus(page, 'CODE_EXPIRED');
  expect(await page.locator('#qr').isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Show a fresh code' }).click();
  const fresh = await codeOn(page);
  expect(fresh).not.toBe(link);
  const phone = await openPhone();
  await scan(phone.page, fresh);
  await createMobileId(phone.page);
  await seeMobileId(page);
  const { data } = await server.graphql(
    'query ($id: ID!) { enrolments(userId: $id) { nodes { id status } } }',
    { id: site.readerNamed('Berit').signetUserId },
    { token: admin },
  );
  expect(data.enrolments.nodes).toEqual([{ id: order?.enrolmentId, status: 'ACTIVE' }]);
});

test('digits that the phone shows are typed into the page, where the project asks for them', async () => {
  await setConfirmation('DEVICE_CODE');
  const { page } = await openSite('Cecilia');
  const link = await orderOn(page);
  await setConfirmation('NONE');
  const phone = await openPhone();
  await scan(phone.page, link);
  await seeStatus(page, 'AWAITING_CONFIRMATION');
  const shown = phone.page.locator('[data-confirmation-code]');
  const digits = (await shown.getAttribute('data-confirmation-code')) ?? '';
  noteSecret(digits);
  const field = page.getByLabel('Code that the phone shows');
  await field.fill(digits === '000000' ? '111111' : '000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('The confirmation code is wrong.').waitFor();
  await field.fill(digits);
  await page.getByRole('button', { name: 'Confirm' }).click();
  await seeScreen(phone.page, 'DONE');
  expect(await seeMobileId(page)).toBe(site.readerNamed('Cecilia').profileId);
});

async function setConfirmation(confirmation: string): Promise<void> {
  const { errors } = await server.graphql(
    'mutation ($id: ID!, $settings: ProvisioningSettingsInput!) { updateProjectSettings(id: $id, settings: $settings) { id } }',
    { id: projectId, settings: { confirmation } },
    { token: admin },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}

/** The socket between page and Signet, in the test's hands. */
class Line {
  readonly statuses: string[] = [];
  /** Cursors with which the page has subscribed, and those that it got. */
  readonly asked: (string | null)[] = [];
  readonly got: string[] = [];
  private routes: WebSocketRoute[] = [];
  private isSilent = false;
  private gate: Promise<void> = Promise.resolve();
  private open: () => void = () => undefined;

  async tap(page: Page): Promise<void> {
    await page.routeWebSocket(/\/graphql$/, async (route) => {
      await this.gate;
      this.routes.push(route);
      const upstream = route.connectToServer();
      route.onMessage((message) => {
        const { type, payload } = JSON.parse(message.toString());
        if (type === 'subscribe') this.asked.push(payload.variables.after);
        if (!this.isSilent) upstream.send(message);
      });
      upstream.onMessage((message) => {
        const { type, payload } = JSON.parse(message.toString());
        if (type === 'next') {
          const { status, cursor } = payload.data.enrolmentStatus;
          this.statuses.push(status as string);
          this.got.push(cursor as string);
        }
        if (!this.isSilent) route.send(message);
      });
    });
  }

  /** Closes it, and lets no other one through until {@link mend}. */
  async cut(): Promise<void> {
    this.gate = new Promise((resolve) => {
      this.open = resolve;
    });
    for (const route of this.routes.splice(0)) await route.close({ code: 1001 });
  }

  mend(): void {
    this.open();
  }

  /** Lets the sockets that there are stand, and nothing through. */
  fallSilent(): void {
    this.isSilent = true;
  }

  speak(): void {
    this.isSilent = false;
  }

  get connections(): number {
    return this.asked.length;
  }
}

test('what happens while the connection is lost is seen afterwards, each status once', async () => {
  const line = new Line();
  const { page } = await openSite('Dagny', (tapped) => line.tap(tapped));
  const link = await orderOn(page);
  await line.cut();
  await page.locator('[data-connection="LOST"]').waitFor();
  const phone = await openPhone();
  await scan(phone.page, link);
  await createMobileId(phone.page);
  await page.locator('[data-status="WAITING_FOR_SCAN"]').waitFor();
  line.mend();
  await seeMobileId(page);
  expect(line.statuses).toEqual(['WAITING_FOR_SCAN', 'SCANNED', 'ISSUING', 'ACTIVE']);
  expect(line.asked).toEqual([null, line.got[0]]);
});

test('a connection that dies without a word is noticed and replaced', async () => {
  const line = new Line();
  const { page } = await openSite('Edda', async (tapped) => {
    await tapped.clock.install();
    await line.tap(tapped);
  });
  await orderOn(page);
  line.fallSilent();
  await page.clock.fastForward(31_000); // a ping is due
  await page.clock.fastForward(11_000); // and nobody has answered
  await page.locator('[data-connection="LOST"]').waitFor();
  line.speak();
  await page.locator('[data-connection="LIVE"]').waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await seeStatus(page, 'CANCELLED');
  expect(line.connections).toBe(2);
});

test('a page that is loaded again goes on with the same order', async () => {
  const { page } = await openSite('Frida');
  const link = await orderOn(page);
  await page.reload();
  expect(await codeOn(page)).toBe(link);
  const phone = await openPhone();
  await scan(phone.page, link);
  await seeStatus(page, 'SCANNED');
  await page.reload();
  await seeStatus(page, 'SCANNED');
  await createMobileId(phone.page);
  await seeMobileId(page);
});

test('a page that is closed before the end finds the mobile ID when it is opened again', async () => {
  const { page, context } = await openSite('Gudrun');
  const link = await orderOn(page);
  await page.close();
  const phone = await openPhone();
  await scan(phone.page, link);
  await createMobileId(phone.page);
  expect(site.readerNamed('Gudrun').profileId).toBeNull();
  const again = await context.newPage();
  await again.goto('/');
  expect(await seeMobileId(again)).toBe(site.readerNamed('Gudrun').profileId);
});

test('a page that claims to have a mobile ID gets none written down', async () => {
  const cookies = await registered(site, 'Hilde');
  await orderBy(cookies);
  const claim = await fetch(`${site.url}/mobile-id/arrivals`, {
    method: 'POST',
    headers: cookies,
    body: new URLSearchParams({ profileId: site.readerNamed('Una').profileId ?? '' }),
  });
  expect(await claim.json()).toEqual({ mobileId: null });
  expect(site.readerNamed('Hilde').profileId).toBeNull();
});

test('orders at the same time, and one whose answer was lost, are one order', async () => {
  const cookies = await registered(site, 'Inga');
  const orders = await Promise.all([orderBy(cookies), orderBy(cookies), orderBy(cookies)]);
  expect(new Set(orders.map(({ enrolmentId }) => enrolmentId)).size).toBe(1);
  expect((await orderBy(cookies)).link).toBe(orders[0].link);
  const { signetUserId } = site.readerNamed('Inga');
  const { data } = await server.graphql(
    'query ($id: ID!) { enrolments(userId: $id) { totalCount } }',
    { id: signetUserId },
    { token: admin },
  );
  expect(data.enrolments.totalCount).toBe(1);
});

test('a token that ends before its time is replaced by a new one', async () => {
  const cookies = await registered(site, 'Jorunn');
  await orderBy(cookies);
  const setEnabled = (enabled: boolean) =>
    server.graphql(
      'mutation ($id: ID!, $enabled: Boolean!) { updateApiClient(id: $id, input: { enabled: $enabled }) { id } }',
      { id: client.id, enabled },
      { token: admin },
    );
  expect((await setEnabled(false)).errors).toEqual([]);
  await expect(orderBy(cookies)).rejects.toThrow('invalid_client');
  expect((await setEnabled(true)).errors).toEqual([]);
  expect((await orderBy(cookies)).link).toMatch(/\/m#/);
});

test('who is not signed in, and another site, order nothing', async () => {
  const post = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${site.url}/mobile-id/orders`, { method: 'POST', headers });
  expect((await post({ origin: site.url })).status).toBe(401);
  const cookies = await registered(site, 'Karin');
  expect((await post({ ...cookies, origin: 'https://elsewhere.example' })).status).toBe(403);
  expect((await post({ cookie: cookies['cookie'] ?? '' })).status).toBe(403);
  expect(site.readerNamed('Karin').order).toBeNull();
});

test('while Signet cannot be reached the site still opens, and says so', async () => {
  const url = `http://localhost:${String(await freePort())}`;
  const dead = `http://localhost:${String(await freePort())}`;
  const alone = await RegistrationSite.start(url, settingsFor(dead));
  try {
    const cookies = await registered(alone, 'Liv');
    expect(await (await fetch(url, { headers: cookies })).text()).toContain('Good day, Liv.');
    const order = await fetch(`${url}/mobile-id/orders`, { method: 'POST', headers: cookies });
    expect(order.status).toBe(502);
    expect(await order.json()).toEqual({
      message: 'We cannot do this at the moment. Please try again later.',
    });
  } finally {
    await alone.stop();
  }
});
