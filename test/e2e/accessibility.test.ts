import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { giveSession, openWindow } from '../helpers/browser/browser';
import { addAuthenticatorApp } from '../helpers/account';
import { createMobileId, order, scan, seeScreen, seeStatus } from '../helpers/browser/portal';
import { moveProfile } from '../helpers/profiles';
import { setStage, type Stage } from '../helpers/browser/stage';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const SCHEMES = ['light', 'dark'] as const;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({
    channels: ['SCREEN', 'EMAIL'],
    instructions: 'Have your phone at hand.',
  });
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test.each(SCHEMES)('portal and phone page are free of barriers, in %s colours', async (scheme) => {
  const { token } = await stage.someone(`alva-${scheme}`);
  const portal = await openWindow(stage.browser, stage.server, 'DESKTOP', { colorScheme: scheme });
  const phone = await openWindow(stage.browser, stage.server, 'PHONE', { colorScheme: scheme });
  const { page } = portal;
  const barriers: string[] = [];
  const check = async (name: string, where: Page): Promise<void> => {
    barriers.push(...(await barriersOn(where)).map((barrier) => `${name}: ${barrier}`));
  };

  await page.goto('/');
  await page.getByLabel('User name').fill('nobody');
  await page.getByRole('textbox', { name: 'Password' }).fill('not a password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('[data-problem]').waitFor();
  await check('sign-in', page);

  await giveSession(portal, stage.server, token);
  await page.reload();
  await page.locator('[data-offer]').waitFor();
  await page.getByText('You have none yet.').waitFor();
  await check('home', page);

  await page.getByRole('link', { name: 'Get mobile ID' }).click();
  await page.getByRole('button', { name: 'Show QR code' }).waitFor();
  await check('order', page);

  const { id, uri } = await order(stage.server, token, { channel: 'SCREEN' });
  await page.goto(`/#/enrolment/${id}`);
  await page.getByTestId('qr').waitFor();
  await check('QR code', page);

  await phone.page.goto('/m');
  await seeScreen(phone.page, 'LIBRARY');
  await check('phone, empty', phone.page);
  await phone.page.goto(uri);
  await seeScreen(phone.page, 'INVITED');
  await check('phone, invited', phone.page);
  await scan(phone.page, uri);
  await seeScreen(phone.page, 'TASK');
  await check('phone, task', phone.page);
  await seeStatus(page, 'SCANNED');
  await check('scanned', page);
  await createMobileId(phone.page);
  await check('phone, done', phone.page);
  await seeStatus(page, 'ACTIVE');
  await page.locator('[data-profile]').waitFor();
  await check('active', page);
  await page.locator('[data-profile]').getByRole('link').click();
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByLabel('I have lost the phone').waitFor();
  await check('mobile ID', page);
  await page.getByRole('link', { name: 'Replace' }).click();
  await page.getByRole('button', { name: 'Show QR code' }).waitFor();
  await check('replacement', page);
  const { data } = await stage.server.graphql('{ myProfiles { id } }', {}, { token });
  const profileId = data.myProfiles[0].id as string;
  for (const [move, state] of [
    ['deactivateMyProfile', 'INACTIVE'],
    ['revokeMyProfile', 'REVOKED'],
  ] as const) {
    await moveProfile(stage.server, move, profileId, { token });
    await page.goto(`/#/mobile-id/${profileId}`);
    await page.reload();
    await page.locator(`[data-profile][data-state="${state}"]`).waitFor();
    await check(`mobile ID, ${state}`, page);
    await page.goto('/#/');
    await page.locator(`[data-profile][data-state="${state}"]`).waitFor();
    await check(`home, ${state}`, page);
  }
  await scan(phone.page, '/m#AAAAAAAAAAAAAAAAAAAAAA');
  await phone.page.locator('[data-problem]').waitFor();
  await check('phone, problem', phone.page);

  expect(barriers).toEqual([]);
});

test('the step-up is free of barriers', async () => {
  const { person } = await stage.someone('berit');
  const { page } = await stage.openPortal();
  await page.goto('/');
  await page.getByLabel('User name').fill(person.username);
  await page.getByRole('textbox', { name: 'Password' }).fill(person.password);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Get mobile ID' }).click();
  await page.getByRole('button', { name: 'Send me a code' }).click();
  await page.getByLabel('Digit 1 of 6').waitFor();
  expect(await barriersOn(page)).toEqual([]);
});

test.each(SCHEMES)(
  'account and password pages are free of barriers, in %s colours',
  async (scheme) => {
    const { token } = await stage.someone(`cecilia-${scheme}`);
    const portal = await openWindow(stage.browser, stage.server, 'PHONE', { colorScheme: scheme });
    const { page } = portal;
    const barriers: string[] = [];
    const check = async (name: string): Promise<void> => {
      barriers.push(...(await barriersOn(page)).map((barrier) => `${name}: ${barrier}`));
      const isTooWide = await page.evaluate(
        () => document.documentElement.scrollWidth > window.innerWidth,
      );
      if (isTooWide) barriers.push(`${name}: too wide`);
    };

    await page.goto('/?signInProblem=SAML_EXPIRED');
    await page.locator('[data-notice="SIGN_IN_PROBLEM"]').waitFor();
    await check('sign-in problem');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByLabel('User name').fill('nobody');
    await page.getByRole('button', { name: 'Send me a link' }).click();
    await page.locator('[data-notice="RESET_REQUESTED"]').waitFor();
    await check('reset requested');
    await page.goto('/set-password#bm90IGEgdG9rZW4');
    await page.getByRole('textbox', { name: 'New password' }).waitFor();
    await check('new password');
    await page.reload();
    await page.locator('[data-problem="LINK_USED_UP"]').waitFor();
    await check('used link');

    await giveSession(portal, stage.server, token);
    await page.goto('/account');
    await page.locator('[data-section="sessions"] [data-credential]').first().waitFor();
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await addAuthenticatorApp(page);
    await page.locator('[data-totp-secret]').waitFor();
    await check('account');
    expect(barriers).toEqual([]);
  },
);

test('names without a place to break fit the narrow screen of a phone', async () => {
  const { token } = await stage.someone('w'.repeat(64));
  const { page, context } = await stage.openPhone();
  const seen: string[] = [];
  const measure = async (name: string): Promise<void> => {
    const isTooWide = await page.evaluate(
      () => document.documentElement.scrollWidth > window.innerWidth,
    );
    if (isTooWide) seen.push(name);
  };
  await giveSession({ context }, stage.server, token);
  await page.goto('/');
  await page.locator('[data-offer]').waitFor();
  await measure('home');
  await page.getByRole('link', { name: 'Get mobile ID' }).click();
  await page.getByRole('button', { name: 'Show QR code' }).waitFor();
  await measure('order');
  const { id, uri } = await order(stage.server, token, { channel: 'SCREEN' });
  await scan(page, uri);
  await seeScreen(page, 'TASK');
  await measure('task');
  await createMobileId(page);
  await measure('done');
  await page.goto(`/#/enrolment/${id}`);
  await page.locator('[data-profile]').waitFor();
  await measure('profile');
  await page.locator('[data-profile]').getByRole('link').click();
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByLabel('I have lost the phone').waitFor();
  await measure('mobile ID');
  await page.getByRole('link', { name: 'Replace' }).click();
  await page.getByRole('button', { name: 'Show QR code' }).waitFor();
  await measure('replacement');
  expect(seen).toEqual([]);
});

/** What axe-core calls serious or critical. */
async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      impact: string;
      nodes: { target: string[]; failureSummary: string }[];
    }
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')} ${failureSummary}`),
      );
  });
}
