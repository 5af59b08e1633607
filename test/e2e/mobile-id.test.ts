import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { finishProof, startProof, type StartedProof } from '../helpers/mobile-id';
import { createMobileId, order, scan, seeScreen } from '../helpers/browser/portal';
import { sessionOf } from '../helpers/sessions';
import { setStage, type Stage } from '../helpers/browser/stage';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ maxProfilesPerUser: 10 });
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

/** A phone page that holds a mobile ID of somebody new, and a session of his with one proof. */
async function phoneOf(username: string) {
  const { person, token } = await stage.someone(username);
  const { page, complaints } = await stage.openPhone();
  await scan(page, (await order(stage.server, token)).uri);
  await createMobileId(page);
  return {
    page,
    complaints,
    person,
    token: await sessionOf(stage.server, person.id, ['PASSWORD']),
  };
}

async function ask(page: Page, token: string): Promise<StartedProof> {
  const proof = await startProof(stage.server, token);
  await page.goto('about:blank');
  await page.goto(`${stage.server.url}/m#p.${proof.code}`);
  return proof;
}

async function typeNumber(page: Page, number: string): Promise<void> {
  await seeScreen(page, 'QUESTION');
  await page.getByLabel('Number that the page shows').click();
  await page.keyboard.type(number);
}

const yes = (page: Page) => page.getByRole('button', { name: 'Yes, it is me' });

async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run: () => Promise<{ violations: { id: string }[] }> };
    };
    return (await axe.run()).violations.map(({ id }) => id);
  });
}

test('the number typed into the phone lets the page go on', async () => {
  const { page, complaints, token } = await phoneOf('alva');
  const proof = await ask(page, token);
  await seeScreen(page, 'QUESTION');
  expect(page.url()).toBe(`${stage.server.url}/m`);
  await page.getByRole('heading', { name: 'Is this you?' }).waitFor();
  await page.getByText('alva', { exact: true }).waitFor();
  expect(await yes(page).isDisabled()).toBe(true);
  expect(await barriersOn(page)).toEqual([]);
  await typeNumber(page, proof.number);
  await yes(page).click();
  await seeScreen(page, 'ANSWERED');
  expect(await barriersOn(page)).toEqual([]);
  expect((await finishProof(stage.server, token, proof.id)).errors).toEqual([]);
  await page.getByRole('button', { name: 'Done' }).click();
  await seeScreen(page, 'LIBRARY');
  await page.reload();
  await seeScreen(page, 'LIBRARY');
  expect(complaints).toEqual([]);
});

test('the question is still there after a reload, and the keyboard alone is enough', async () => {
  const { page, token } = await phoneOf('berit');
  const proof = await ask(page, token);
  await seeScreen(page, 'QUESTION');
  await page.reload();
  await typeNumber(page, proof.number);
  await page.keyboard.press('Enter');
  await seeScreen(page, 'ANSWERED');
  expect(await page.getByRole('heading').first().innerText()).toBe('It is you');
});

test('a wrong number ends it in plain words', async () => {
  const { page, token } = await phoneOf('cecilia');
  const proof = await ask(page, token);
  await typeNumber(page, proof.number === '42' ? '43' : '42');
  await yes(page).click();
  await page.locator('[data-problem="CONFIRMATION_WRONG"]').waitFor();
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  expect(await barriersOn(page)).toEqual([]);
  await page.getByRole('button', { name: 'Mobile IDs on this phone' }).click();
  await seeScreen(page, 'LIBRARY');
});

test('saying no tells the page', async () => {
  const { page, token } = await phoneOf('dagny');
  const proof = await ask(page, token);
  await seeScreen(page, 'QUESTION');
  await page.getByRole('button', { name: 'Not me, cancel' }).click();
  await seeScreen(page, 'DECLINED');
  const { errors } = await finishProof(stage.server, token, proof.id);
  expect(errors[0]?.extensions).toMatchObject({ state: 'REJECTED' });
});

test('a phone without the mobile ID says so, and the question stays open for the one that has it', async () => {
  const { page, token } = await phoneOf('edda');
  const stranger = await stage.openPhone();
  const proof = await ask(stranger.page, token);
  await stranger.page.locator('[data-problem="NO_MATCHING_MOBILE_ID"]').waitFor();
  await page.goto('about:blank');
  await page.goto(`${stage.server.url}/m#p.${proof.code}`);
  await typeNumber(page, proof.number);
  await yes(page).click();
  await seeScreen(page, 'ANSWERED');
  expect(await page.getByRole('heading').first().innerText()).toBe('It is you');
});

test('a question that has run out says so', async () => {
  const { page, token } = await phoneOf('frida');
  const proof = await ask(page, token);
  await seeScreen(page, 'QUESTION');
  await startProof(stage.server, token);
  await typeNumber(page, proof.number);
  await yes(page).click();
  await page.locator('[data-problem="CODE_EXPIRED"]').waitFor();
  expect(await page.getByRole('alert').innerText()).toContain('This question has run out');
});

test('a question scanned into the open page begins anew', async () => {
  const { page, token } = await phoneOf('gerda');
  const { code } = await startProof(stage.server, token);
  await page.evaluate((fragment) => {
    location.hash = fragment;
  }, `p.${code}`);
  await seeScreen(page, 'QUESTION');
  expect(page.url()).toBe(`${stage.server.url}/m`);
});
