import { createServer } from 'node:net';
import type { Browser } from 'playwright-core';
import { openBrowser, openWindow } from '../helpers/browser/browser';
import { createTestDatabase } from '../helpers/database';
import { administrator, createPerson, createProject, signIn, stepUp } from '../helpers/people';
import {
  createMobileId,
  openOrder,
  order,
  scan,
  seeScreen,
  seeStatus,
} from '../helpers/browser/portal';
import { startTestServer } from '../helpers/server';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

test('a server that restarts in the middle loses neither the page nor the phone', async () => {
  const database = await createTestDatabase();
  const options = { database, environment: { PORT: String(await freePort()) } };
  const before = await startTestServer(options);
  const admin = await administrator(before);
  await createProject(before, admin, 'Staff mobile ID');
  const person = await createPerson(before, admin, 'alva');
  const token = await stepUp(
    before,
    await signIn(before, person.username, person.password),
    person.email,
  );
  const ordered = await order(before, token);
  const portal = await openWindow(browser, before, 'DESKTOP');
  const phone = await openWindow(browser, before, 'PHONE');
  const page = await openOrder(portal, before, token, ordered);
  await scan(phone.page, ordered.uri);
  await seeScreen(phone.page, 'TASK');
  await seeStatus(page, 'SCANNED');

  await before.stop();
  await page.getByText('The connection was lost. Reconnecting…').waitFor();
  const after = await startTestServer(options);
  await createMobileId(phone.page);
  await seeStatus(page, 'ACTIVE');
  await page.locator('[data-connection="RECONNECTING"]').waitFor({ state: 'detached' });
  const stages = await page.locator('[data-certificate][data-status="VALID"]').count();
  expect(stages).toBe(2);

  await browser.close();
  await after.stop();
  await database.drop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port is free.');
  return address.port;
}
