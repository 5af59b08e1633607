import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addAuthenticatorApp,
  codeOfApp,
  DeviceAuthenticator,
  evidenceOf,
  sectionOf,
  secretOn,
  seeDone,
  typeCode,
} from '../helpers/account';
import { giveSession } from '../helpers/browser/browser';
import { openOrder, order, seeStatus, signInOnPage, stepUpOnPage } from '../helpers/browser/portal';
import { ClientAuthority } from '../helpers/certificates/client-authority';
import { setStage, type Stage } from '../helpers/browser/stage';
import { Openssl } from '../unit/certificates/openssl';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test('a passkey, added after a fresh proof, opens a session without a password', async () => {
  const { person } = await stage.someone('alva');
  const { page, complaints } = await stage.openPortal();
  const device = await DeviceAuthenticator.in(page);
  await page.goto('/account');
  await signInOnPage(page, person);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByLabel('Name of the passkey').fill('Work laptop');
  await page.getByRole('button', { name: 'Create passkey' }).click();
  await sectionOf(page, 'passkeys').locator('[data-step-up="PROVE"]').waitFor();
  expect(await device.passkeys()).toBe(0);
  await stepUpOnPage(page, stage.server, person.email);
  await seeDone(sectionOf(page, 'passkeys'));
  await page.locator('[data-credential="Work laptop"]').waitFor();
  expect(await device.passkeys()).toBe(1);

  await device.setTouched(false);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('User name').waitFor();
  expect(await evidenceOf(page)).toEqual([]);
  await device.setTouched(true); // for requests to come; the offer in the field is pending already
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  expect(await evidenceOf(page)).toEqual(['PASSKEY']);
  // The browser's own word on the refusal that asked for the fresh proof (RFC 9470 section 3).
  expect(complaints).toEqual([expect.stringContaining('a status of 401')]);
});

test('a browser that knows a passkey offers it in the field of the user name', async () => {
  const { person } = await stage.someone('agnes');
  const { page } = await stage.openPortal();
  await DeviceAuthenticator.in(page);
  await page.goto('/#/account');
  await signInOnPage(page, person);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('button', { name: 'Create passkey' }).click();
  await stepUpOnPage(page, stage.server, person.email);
  await seeDone(sectionOf(page, 'passkeys'));
  await page.context().clearCookies();
  await page.goto('/');
  // The device answers for the person who would choose it from the browser's list.
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  expect(await evidenceOf(page)).toEqual(['PASSKEY']);
});

test('an authenticator app, once confirmed, proves what an order needs, but not its own removal', async () => {
  const { person } = await stage.someone('berit');
  const first = await stage.openPortal();
  await first.page.goto('/#/account');
  await signInOnPage(first.page, person);
  await addAuthenticatorApp(first.page);
  await stepUpOnPage(first.page, stage.server, person.email);
  const secret = await secretOn(first.page);
  await typeCode(first.page, codeOfApp(secret, 3600));
  await first.page.locator('[data-problem="INVALID_CREDENTIALS"]').waitFor();
  await typeCode(first.page, codeOfApp(secret));
  await first.page.getByText('The authenticator app My phone is added.').waitFor();
  expect(await first.page.locator('[data-totp-secret]').count()).toBe(0);

  const { page } = await stage.openPortal();
  await page.goto('/');
  await signInOnPage(page, person);
  await page.getByRole('link', { name: 'Get mobile ID' }).click();
  await page.getByRole('button', { name: 'Use my authenticator app' }).click();
  await typeCode(page, codeOfApp(secret, 30)); // the code of the moment was used up by confirming
  await seeStatus(page, 'WAITING_FOR_SCAN');
  expect(await evidenceOf(page)).toEqual(['PASSWORD', 'TOTP']);

  await page.goto('/#/account');
  const remove = page.getByRole('button', { name: 'Remove My phone' });
  await remove.click();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // "Keep"
  await page.locator('[aria-label="Remove My phone"]:focus').waitFor();
  await remove.click();
  await page.getByRole('button', { name: 'Yes, remove' }).click();
  await page.getByText('What you are about to change cannot prove who you are').waitFor();
  await stepUpOnPage(page, stage.server, person.email);
  await seeDone(sectionOf(page, 'totp'));
  await page.locator('[data-credential="My phone"]').waitFor({ state: 'detached' });
  expect(await evidenceOf(page)).toEqual(['PASSWORD', 'EMAIL_CODE']);
});

test('an authenticator app that is given up before its first code leaves nothing behind', async () => {
  const { person } = await stage.someone('bodil');
  const { page } = await stage.openPortal();
  await page.goto('/#/account');
  await signInOnPage(page, person);
  await addAuthenticatorApp(page);
  await stepUpOnPage(page, stage.server, person.email);
  await secretOn(page);
  const totp = sectionOf(page, 'totp');
  const removed = page.waitForResponse((response) =>
    (response.request().postData() ?? '').includes('RemoveTotpAuthenticator'),
  );
  await totp.getByRole('button', { name: 'Cancel' }).click();
  expect(await (await removed).json()).toMatchObject({ data: { removeTotpAuthenticator: true } });
  await page.reload();
  await totp.getByRole('button', { name: 'Add an authenticator app' }).waitFor();
  expect(await totp.locator('[data-credential]').count()).toBe(0);
});

test('certificates are offered by a server that takes them, and by no other', async () => {
  const openssl = new Openssl();
  const { pem } = ClientAuthority.root(openssl, '/CN=Client root').identity;
  openssl.remove();
  const folder = await mkdtemp(join(tmpdir(), 'signet-client-ca-'));
  const CLIENT_CA = join(folder, 'ca.pem');
  await writeFile(CLIENT_CA, pem);
  const taking = await setStage(
    {},
    { environment: { CLIENT_CA, TRUSTED_PROXIES: '127.0.0.1,::1' } },
  );
  try {
    for (const [{ someone, openPortal, server }, sections] of [
      [taking, 1],
      [stage, 0],
    ] as const) {
      const { token } = await someone('cornelia');
      const window = await openPortal();
      await giveSession(window, server, token);
      await window.page.goto('/#/account');
      await sectionOf(window.page, 'totp').waitFor();
      expect(await sectionOf(window.page, 'certificates').count()).toBe(sections);
    }
  } finally {
    await taking.close();
    await rm(folder, { recursive: true });
  }
});

test('a session ended on the account page is over in its own window at once', async () => {
  const { person, token } = await stage.someone('cecilia');
  const other = await stage.openPortal();
  await openOrder(other, stage.server, token, await order(stage.server, token));

  const { page } = await stage.openPortal();
  await page.goto('/#/account');
  await signInOnPage(page, person);
  const sessions = sectionOf(page, 'sessions');
  await sessions.locator('[data-credential]').nth(1).waitFor();
  await sessions.getByText('This one').waitFor();
  await sessions.getByText('Proven by: Password and code by e-mail').waitFor();
  await sessions.getByRole('button', { name: /^End (?!all)/ }).click();
  await sessions.getByRole('button', { name: 'Yes, end' }).click();
  await seeDone(sessions);
  await other.page.getByText('Your session has ended. Sign in again').waitFor();
  expect(await sessions.locator('[data-credential]').count()).toBe(1);
  expect(await evidenceOf(page)).toEqual(['PASSWORD']);
});

test('a changed password ends all other sessions and keeps this one', async () => {
  const { person, token } = await stage.someone('dagny');
  const other = await stage.openPortal();
  await openOrder(other, stage.server, token, await order(stage.server, token));

  const { page } = await stage.openPortal();
  await page.goto('/#/account');
  await signInOnPage(page, person);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByLabel('Present password').fill('not this one');
  await page.getByRole('textbox', { name: 'New password' }).fill('a long and winding password');
  await page.keyboard.press('Enter');
  await page.getByText('Your present password is not right.').waitFor();
  await page.getByRole('textbox', { name: 'Present password' }).fill(person.password);
  await page.keyboard.press('Enter');
  await seeDone(sectionOf(page, 'password'));
  await other.page.getByText('Your session has ended. Sign in again').waitFor();
  await signInOnPage(other.page, { ...person, password: 'a long and winding password' });
  expect(await evidenceOf(page)).toEqual(['PASSWORD']);
});
