import type { Page } from 'playwright-core';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

test('GraphiQL signs in by a mutation and asks a query, from this server alone', async () => {
  const { person } = await stage.someone('alva');
  const { page, complaints } = await stage.openPortal();
  await page.goto('/graphql');
  await page.locator('.graphiql-query-editor').getByText('evidence').first().waitFor();
  await run(
    page,
    `mutation { signInWithPassword(username: "${person.username}", password: "${person.password}") { viewer { sessionExpiresAt } } }`,
  );
  await seeResult(page, 'sessionExpiresAt');
  await run(page, '{ viewer { user { username displayName } } }');
  await seeResult(page, `"username": "${person.username}"`);
  expect(complaints).toEqual([]);
});

async function run(page: Page, document: string): Promise<void> {
  const editor = page.locator('.graphiql-query-editor');
  await editor.waitFor();
  await editor.click();
  await page.keyboard.press('Control+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(document);
  await page.keyboard.press('Control+Enter');
}

async function seeResult(page: Page, text: string): Promise<void> {
  await page.locator('.result-window').getByText(text).first().waitFor();
}
