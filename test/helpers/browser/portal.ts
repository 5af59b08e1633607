import type { Page } from 'playwright-core';
import { giveSession, type BrowserWindow } from './browser';
import { sixDigitsIn, type Person } from '../people';
import { noteSecret } from '../run';
import type { TestServer } from '../server';

/** Signs in by the portal's form. */
export async function signInOnPage(page: Page, { username, password }: Person): Promise<void> {
  await page.getByLabel('User name').fill(username);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/** Asks for a code by mail, reads the mail, types the code. */
export async function stepUpOnPage(page: Page, server: TestServer, email: string): Promise<void> {
  const before = new Set((await server.mails()).map(({ id }) => id));
  await page.getByRole('button', { name: 'Send me a code' }).click();
  const mail = await server.mailTo(email, ({ id, text }) => !before.has(id) && /\d{6}/.test(text));
  const code = sixDigitsIn(mail.text);
  noteSecret(code);
  await page.getByLabel('Digit 1 of 6').click();
  await page.keyboard.type(code);
}

/** Waits until the portal shows an enrolment in this status. */
export async function seeStatus(page: Page, status: string): Promise<void> {
  await page.locator(`[data-status="${status}"]`).first().waitFor();
}

/** Waits until the phone page shows this screen. */
export async function seeScreen(page: Page, screen: string): Promise<void> {
  await page.locator(`[data-screen="${screen}"]`).waitFor();
}

export interface Order {
  readonly id: string;
  /** What the QR code holds. */
  readonly uri: string;
}

/** Orders a mobile ID by the API, for what begins after the order. */
export async function order(
  server: TestServer,
  token: string,
  input: Readonly<Record<string, unknown>> = {},
): Promise<Order> {
  const { data, errors } = await server.graphql(
    `mutation ($input: StartEnrolmentInput!) {
       startEnrolment(input: $input) { watchToken enrolment { id qr { uri } } } }`,
    { input },
    { token },
  );
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  const { id, qr } = data.startEnrolment.enrolment as { id: string; qr: { uri: string } };
  return { id, uri: qr.uri };
}

/** Takes the phone from the opened link to the question whether it is the right person. */
export async function scan(page: Page, uri: string): Promise<void> {
  await page.goto(uri);
  await page.getByRole('button', { name: 'Continue' }).click();
}

export async function createMobileId(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create mobile ID' }).click();
  await seeScreen(page, 'DONE');
}

/** A portal window of someone who has given both proofs, at one of his orders. */
export async function openOrder(
  window: Pick<BrowserWindow, 'page' | 'context'>,
  server: TestServer,
  token: string,
  { id }: Order,
): Promise<Page> {
  await giveSession(window, server, token);
  await window.page.goto(`/#/enrolment/${id}`);
  await seeStatus(window.page, 'WAITING_FOR_SCAN');
  return window.page;
}
