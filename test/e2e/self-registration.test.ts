import type { Page } from 'playwright-core';
import { giveSession, readQrCode } from '../helpers/browser/browser';
import { administrator } from '../helpers/people';
import { createMobileId, scan, seeScreen } from '../helpers/browser/portal';
import {
  changeSelfRegistration,
  createSelfRegistration,
  selfRegistrationOf,
} from '../helpers/self-registration';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
let admin: string;
beforeAll(async () => {
  stage = await setStage({}, { environment: { CA_KEY_ALGORITHM: 'P-256' } });
  admin = await administrator(stage.server);
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

const POLICY = { firstId: 41, idPrefix: 'V-', idWidth: 4 };

/** What a camera reads where an administrator's page shows the code. */
async function codeOnScreen(projectId: string): Promise<string> {
  const portal = await stage.openPortal();
  await giveSession(portal, stage.server, admin);
  await portal.page.goto('/');
  await portal.page.evaluate((source) => {
    const picture = document.createElement('img');
    Object.assign(picture, { src: source, width: 480, id: 'activation-code' });
    document.body.replaceChildren(picture);
  }, `/projects/${projectId}/activation-code.png`);
  const read = await readQrCode(portal.page.locator('#activation-code'));
  expect(portal.complaints).toEqual([]);
  return read;
}

async function idOn(page: Page): Promise<string> {
  return page.locator('[data-mobile-id]').first().getByRole('heading').innerText();
}

test('two phones scan the code on an administrator’s screen, and each gets the next ID', async () => {
  const { projectId, uri } = await createSelfRegistration(stage.server, admin, POLICY);
  const read = await codeOnScreen(projectId);
  expect(read).toBe(uri);
  const [one, other] = [await stage.openPhone(), await stage.openPhone()];
  for (const { page } of [one, other]) {
    await scan(page, read);
    await seeScreen(page, 'TASK');
    expect(page.url()).toBe(`${stage.server.url}/m`);
    await page.getByText('its ID comes at the end').waitFor();
  }
  await createMobileId(one.page);
  await createMobileId(other.page);
  expect([await idOn(one.page), await idOn(other.page)]).toEqual(['V-0041', 'V-0042']);
  expect([...one.complaints, ...other.complaints]).toEqual([]);
  const { used, nextId } = await selfRegistrationOf(stage.server, admin, projectId);
  expect({ used, nextId }).toEqual({ used: 2, nextId: 43 });
});

test('a phone that scans once more, after its page was closed, has its ID again', async () => {
  const { projectId, uri } = await createSelfRegistration(stage.server, admin, POLICY);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  await createMobileId(page);
  await page.goto('about:blank');
  await scan(page, uri);
  await createMobileId(page);
  expect(await idOn(page)).toBe('V-0041');
  expect(await selfRegistrationOf(stage.server, admin, projectId)).toMatchObject({ used: 1 });
});

test('who does not want it says no, and is not told to order again', async () => {
  const { projectId, uri } = await createSelfRegistration(stage.server, admin, POLICY);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  await page.getByRole('button', { name: 'No, cancel' }).click();
  await seeScreen(page, 'CANCELLED');
  await page.getByText('Scan the code again whenever you like.').waitFor();
  expect(await selfRegistrationOf(stage.server, admin, projectId)).toMatchObject({ used: 0 });
});

test('a page that is closed at the task goes on with it when it is opened again', async () => {
  const { uri } = await createSelfRegistration(stage.server, admin, POLICY);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  await seeScreen(page, 'TASK');
  await page.goto('about:blank');
  await page.goto('/m');
  await seeScreen(page, 'TASK');
  await createMobileId(page);
  expect(await idOn(page)).toBe('V-0041');
});

test.each([
  ['pauseSelfRegistration', 'ACTIVATION_PAUSED', 'Scan the code again later.'],
  ['rotateActivationCode', 'ACTIVATION_CODE_ROTATED', 'Ask for the present activation code.'],
] as const)('after %s the phone says why not, and what to do', async (change, code, advice) => {
  const { projectId, uri } = await createSelfRegistration(stage.server, admin, POLICY);
  const [late, early] = [await stage.openPhone(), await stage.openPhone()];
  await scan(early.page, uri);
  await seeScreen(early.page, 'TASK');
  await changeSelfRegistration(stage.server, admin, change, projectId);
  await scan(late.page, uri);
  await late.page.locator(`[data-problem="${code}"]`).waitFor();
  await late.page.getByText(advice).waitFor();
  await early.page.getByRole('button', { name: 'Create mobile ID' }).click();
  await early.page.locator(`[data-problem="${code}"]`).waitFor();
  expect(await selfRegistrationOf(stage.server, admin, projectId)).toMatchObject({ used: 0 });
});
