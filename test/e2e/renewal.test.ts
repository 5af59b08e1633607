import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { certificatesOf, endsInDays } from '../helpers/renewals';
import { createMobileId, order, scan, seeScreen } from '../helpers/browser/portal';
import { eventually } from '../helpers/server';
import { setStage, type Stage } from '../helpers/browser/stage';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ maxProfilesPerUser: 10 });
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

/** A phone page with a mobile ID of somebody new that ends in so many days. */
async function phoneEnding(username: string, days: number) {
  const { token } = await stage.someone(username);
  const { page, complaints } = await stage.openPhone();
  await scan(page, (await order(stage.server, token)).uri);
  await createMobileId(page);
  const [row] = await stage.server.database.query<{ id: string }>(
    'SELECT p.id FROM profile p JOIN app_user u ON u.id = p.user_id WHERE u.username = $1',
    [username],
  );
  const profileId = row?.id ?? '';
  await endsInDays(stage.server, profileId, days);
  return { page, complaints, profileId };
}

const noticeOn = (page: Page, name: string) => page.locator(`[data-renewal="${name}"]`);
const renewOn = (page: Page) => page.getByRole('button', { name: 'Renew' });
const fingerprintsOn = (page: Page) =>
  page.locator('[data-certificate]').evaluateAll((rows) => rows.map((row) => row.textContent));

const superseded = (profileId: string) =>
  eventually(async () => {
    const standing = await certificatesOf(stage.server, profileId);
    return standing.filter((each) => each.endsWith('superseded')).length === 2
      ? standing
      : undefined;
  });

async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: () => Promise<{ violations: { id: string }[] }> };
    };
    return (await axe.run()).violations.map(({ id }) => id);
  });
}

test('a mobile ID that runs out soon is renewed by one tap', async () => {
  const { page, complaints, profileId } = await phoneEnding('alva', 20);
  await page.goto(`${stage.server.url}/m`);
  await noticeOn(page, 'DUE').waitFor();
  expect(await barriersOn(page)).toEqual([]);
  const before = await fingerprintsOn(page);
  await renewOn(page).click();
  await noticeOn(page, 'RENEWED').waitFor();
  await superseded(profileId);
  await page.reload();
  await seeScreen(page, 'LIBRARY');
  expect(await page.locator('[data-mobile-id]').count()).toBe(1);
  const after = await fingerprintsOn(page);
  expect(after).toHaveLength(2);
  expect(after).not.toEqual(before);
  expect(await renewOn(page).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('one that lasts is not offered to be renewed', async () => {
  const { page } = await phoneEnding('berit', 100);
  const answered = page.waitForResponse(
    (response) => response.request().postData()?.includes('mobileIdRenewal') === true,
  );
  await page.goto(`${stage.server.url}/m`);
  await answered;
  await seeScreen(page, 'LIBRARY');
  expect(await page.locator('[data-renewal]').count()).toBe(0);
});

test('a renewal whose answer was lost goes on by itself when the page is opened again', async () => {
  const { page, profileId } = await phoneEnding('cecilia', 20);
  await page.goto(`${stage.server.url}/m`);
  await noticeOn(page, 'DUE').waitFor();
  let tell = (): void => undefined;
  const lost = new Promise<void>((resolve) => (tell = resolve));
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('renewMobileId') !== true) return route.continue();
    await route.fetch();
    await route.abort();
    tell();
  });
  await renewOn(page).click();
  await lost;
  expect(await certificatesOf(stage.server, profileId)).toHaveLength(4);
  await page.goto('about:blank');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.goto(`${stage.server.url}/m`);
  await noticeOn(page, 'RENEWED').waitFor();
  expect(await superseded(profileId)).toHaveLength(4);
});

test('one that was revoked meanwhile says so, and stays on the phone as it is', async () => {
  const { page, profileId } = await phoneEnding('dagny', 20);
  await page.goto(`${stage.server.url}/m`);
  await noticeOn(page, 'DUE').waitFor();
  await stage.server.database.query(`UPDATE profile SET state = 'REVOKED' WHERE id = $1`, [
    profileId,
  ]);
  await renewOn(page).click();
  await noticeOn(page, 'PROBLEM').getByText('This mobile ID cannot be renewed').waitFor();
  expect(await page.locator('[data-mobile-id]').count()).toBe(1);
});
