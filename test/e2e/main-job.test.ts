import type { Browser, Page } from 'playwright-core';
import {
  openBrowser,
  openWindow,
  readQrCode,
  type BrowserWindow,
} from '../helpers/browser/browser';
import { administrator, createPerson, createProject, type Person } from '../helpers/people';
import { seeScreen, seeStatus, signInOnPage, stepUpOnPage } from '../helpers/browser/portal';
import { startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;
let browser: Browser;
let person: Person;
let portal: BrowserWindow;
let phone: BrowserWindow;

beforeAll(async () => {
  [server, browser] = await Promise.all([startTestServer(), openBrowser()]);
  const admin = await administrator(server);
  await createProject(server, admin, 'Staff mobile ID');
  person = await createPerson(server, admin, 'zoë-müller');
  portal = await openWindow(browser, server, 'DESKTOP');
  phone = await openWindow(browser, server, 'PHONE');
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

test('a mobile ID is ordered, scanned, issued and active in two windows, without a reload', async () => {
  const { page } = portal;
  await page.goto('/');
  await signInOnPage(page, person);
  await page.getByRole('link', { name: 'Get mobile ID' }).click();

  // The password alone does not do, on the page and behind it.
  await page.getByText('Your password alone is not enough').waitFor();
  expect(await page.getByRole('button', { name: 'Show QR code' }).count()).toBe(0);
  expect(await orderWithin(page)).toBe('INSUFFICIENT_USER_AUTHENTICATION');

  // What was chosen before the proof is ordered after it.
  await page.getByRole('checkbox', { name: 'Encryption' }).click();
  await page.getByLabel('Valid for').selectOption({ label: '1 year' });
  await stepUpOnPage(page, server, person.email);
  await seeStatus(page, 'WAITING_FOR_SCAN');
  await markDocument(page);
  const link = await readQrCode(page.getByTestId('qr'));
  expect(link).toMatch(new RegExp(`^${server.url}/m#[A-Za-z0-9_-]{22}$`));

  await phone.page.goto(link);
  await seeScreen(phone.page, 'INVITED');
  expect(phone.page.url()).toBe(`${server.url}/m`);
  await phone.page.getByRole('button', { name: 'Continue' }).click();
  await phone.page.getByText(person.username).waitFor();
  await seeStatus(page, 'SCANNED');
  await page.getByText('Scanned by Android phone').waitFor();
  await page.getByRole('button', { name: 'Not my phone' }).waitFor();

  await phone.page.getByRole('button', { name: 'Create mobile ID' }).click();
  await seeScreen(phone.page, 'DONE');
  await seeStatus(page, 'ACTIVE');

  for (const one of [page, phone.page]) {
    await one.locator('article[data-state="ACTIVE"]').getByText(person.username).first().waitFor();
    for (const kind of ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION']) {
      await one.locator(`[data-certificate="${kind}"][data-status="VALID"]`).waitFor();
    }
  }
  expect(await serialNumbers(phone.page)).toEqual(await serialNumbers(page));
  expect(await isMarked(page)).toBe(true);
});

test('the finished mobile ID is there when either window comes back', async () => {
  await portal.page.goto('/');
  await portal.page.locator('[data-profile][data-state="ACTIVE"]').waitFor();
  await phone.page.goto('/m');
  await seeScreen(phone.page, 'LIBRARY');
  await phone.page.locator('[data-mobile-id][data-state="ACTIVE"]').waitFor();
  expect(await serialNumbers(phone.page)).toEqual(await serialNumbers(portal.page));
});

test('the phone holds keys that nobody can take out, and no code', async () => {
  const { keys, exported, storage } = await phone.page.evaluate(lookAtPhone);
  expect(keys).toEqual([
    { name: 'device', extractable: false },
    { name: 'AUTHENTICATION', extractable: false },
    { name: 'SIGNATURE', extractable: false },
    { name: 'ENCRYPTION', extractable: false },
  ]);
  expect(exported).toBe(0);
  expect(storage).toEqual([]);
});

test('neither window saw an error, blocked content or a foreign host', () => {
  expect(portal.complaints).toEqual([]);
  expect(phone.complaints).toEqual([]);
});

/** The page's own session, past the page's own forms. */
async function orderWithin(page: Page): Promise<string> {
  const response = await page.request.post('/graphql', {
    data: { query: 'mutation { startEnrolment(input: {}) { enrolment { id } } }' },
  });
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
  return errors[0]?.extensions.code ?? 'NOT_REFUSED';
}

/** A mark that no reload survives. */
async function markDocument(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.documentElement.dataset['mark'] = 'set';
  });
}
async function isMarked(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.dataset['mark'] === 'set');
}

async function serialNumbers(page: Page): Promise<string[]> {
  const texts = await page.locator('[data-certificate]').allInnerTexts();
  return texts.map((text) => /(?:[0-9A-F]{4} ){7}[0-9A-F]{2,4}/.exec(text)?.[0] ?? text);
}

interface PhoneContents {
  readonly keys: { name: string; extractable: boolean }[];
  /** How many private keys gave themselves away. */
  readonly exported: number;
  readonly storage: string[];
}

/** Runs in the phone page. */
async function lookAtPhone(): Promise<PhoneContents> {
  const answer = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => {
        resolve(request.result);
      };
      request.onerror = () => {
        reject(new Error('IndexedDB does not answer.'));
      };
    });
  const db = await answer(indexedDB.open('signet-phone'));
  const all = (store: string): Promise<any[]> =>
    answer(db.transaction(store).objectStore(store).getAll());
  const privateKeys: { name: string; key: CryptoKey }[] = [];
  const collect = (name: string, value: unknown): void => {
    if (value instanceof CryptoKey && value.type === 'private') {
      privateKeys.push({ name, key: value });
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) collect(name, inner);
    }
  };
  for (const device of await all('device')) collect('device', device);
  for (const { keys } of await all('mobileIds')) {
    for (const key of keys) collect(key.kind, key);
  }
  const exports = await Promise.allSettled(
    privateKeys.flatMap(({ key }) => [
      crypto.subtle.exportKey('pkcs8', key),
      crypto.subtle.exportKey('jwk', key),
    ]),
  );
  return {
    keys: privateKeys.map(({ name, key }) => ({ name, extractable: key.extractable })),
    exported: exports.filter(({ status }) => status === 'fulfilled').length,
    storage: [...Object.keys(sessionStorage), ...Object.keys(localStorage)],
  };
}
