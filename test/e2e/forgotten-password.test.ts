import type { Page } from 'playwright-core';
import { openWindow } from '../helpers/browser/browser';
import { codeOf } from '../helpers/graphql';
import { signInOnPage } from '../helpers/browser/portal';
import { noteSecret } from '../helpers/run';
import { setStage, type Stage } from '../helpers/browser/stage';

const NEW_PASSWORD = 'correct horse battery staple';
const LINK = /https?:\/\/\S+\/set-password#\S+/;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test('a forgotten password is replaced by the mailed link, once', async () => {
  const { person, token } = await stage.someone('alva');
  const { page, complaints } = await stage.openPortal();
  await page.goto('/');
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await askForLink(page, person.username);
  const link = await linkMailedTo(person.email);

  const mailed = await openWindow(stage.browser, stage.server, 'PHONE');
  await mailed.page.goto(link);
  expect(mailed.page.url()).toBe(`${stage.server.url}/set-password`);
  const input = mailed.page.getByRole('textbox', { name: 'New password' });
  await input.fill('short');
  await mailed.page.keyboard.press('Enter');
  await mailed.page.locator('[aria-invalid="true"]').waitFor();
  await input.fill(NEW_PASSWORD);
  await mailed.page.keyboard.press('Enter');
  await mailed.page.locator('[data-notice="PASSWORD_SET"]').waitFor();
  expect(mailed.page.url()).toBe(`${stage.server.url}/`);
  await signInOnPage(mailed.page, { ...person, password: NEW_PASSWORD });

  // Whoever knew the old password is out, and does not come in again.
  const ended = await stage.server.graphql('{ viewer { user { id } } }', {}, { token });
  expect(codeOf(ended)).toBe('UNAUTHENTICATED');
  await page.goto('/');
  await page.getByLabel('User name').fill(person.username);
  await page.getByRole('textbox', { name: 'Password' }).fill(person.password);
  await page.keyboard.press('Enter');
  await page.locator('[data-problem="INVALID_CREDENTIALS"]').waitFor();

  await page.goto(link);
  await page.getByRole('textbox', { name: 'New password' }).fill('yet another long password');
  await page.keyboard.press('Enter');
  await page.locator('[data-problem="LINK_USED_UP"]').waitFor();
  await page.getByRole('button', { name: 'Send me a new link' }).click();
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
  expect(complaints).toEqual([]);
});

test('a name that nobody has is answered alike, and nobody gets a mail', async () => {
  const { page } = await stage.openPortal();
  await page.goto('/#/forgot-password');
  await askForLink(page, 'nobody-of-this-name');
  const forNobody = await page.locator('[data-notice="RESET_REQUESTED"]').textContent();
  const { person } = await stage.someone('berit');
  await page.reload();
  await askForLink(page, person.username);
  expect(await page.locator('[data-notice="RESET_REQUESTED"]').textContent()).toBe(forNobody);
  await linkMailedTo(person.email);
  const receivers = (await stage.server.mails())
    .filter(({ text }) => LINK.test(text))
    .map(({ to }) => to);
  expect(receivers.filter((to) => to.includes('nobody'))).toEqual([]);
});

test('who is signed in and has forgotten it finds his name there, and the way back', async () => {
  const { person } = await stage.someone('cecilia');
  const { page } = await stage.openPortal();
  await page.goto('/#/account');
  await signInOnPage(page, person);
  await page.getByRole('link', { name: 'Forgot it, or never had one?' }).click();
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor();
  expect(await page.getByLabel('User name').inputValue()).toBe(person.username);
  await page.getByRole('link', { name: 'Back to my account' }).click();
  await page.getByRole('heading', { name: 'My account' }).waitFor();
});

test('the page of the link keeps nothing over a reload', async () => {
  const { page } = await stage.openPortal();
  await page.goto('/set-password#c29tZXRoaW5nIHRoYXQgd2FzIG5ldmVyIG1haWxlZA');
  await page.getByRole('textbox', { name: 'New password' }).waitFor();
  expect(
    await page.evaluate(() => [location.hash, sessionStorage.length, localStorage.length]),
  ).toEqual(['', 0, 0]);
  await page.reload();
  await page.getByText('Open the link in the mail once more').waitFor();
});

async function askForLink(page: Page, username: string): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByRole('button', { name: 'Send me a link' }).click();
  await page.locator('[data-notice="RESET_REQUESTED"]').waitFor();
}

async function linkMailedTo(address: string): Promise<string> {
  const { text } = await stage.server.mailTo(address, (mail) => LINK.test(mail.text));
  const link = LINK.exec(text)?.[0] ?? '';
  noteSecret(link.split('#')[1] ?? link);
  return link;
}
