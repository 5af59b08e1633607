import {
  createMobileId,
  openOrder,
  order,
  scan,
  seeScreen,
  seeStatus,
  signInOnPage,
} from '../helpers/browser/portal';
import { readQrCode } from '../helpers/browser/browser';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test('a code that has run out is replaced by a new one, which goes on with the same order', async () => {
  const { token } = await stage.someone('alva');
  const ordered = await order(stage.server, token);
  const { page, context } = await stage.openPortal();
  await openOrder({ page, context }, stage.server, token, ordered);
  await letCodeRunOut(ordered.id);
  await seeStatus(page, 'CODE_EXPIRED');
  await page.getByText('This code has run out').waitFor();

  const phone = await stage.openPhone();
  await scan(phone.page, ordered.uri);
  await phone.page.locator('[data-problem="CODE_EXPIRED"]').waitFor();
  await phone.page.getByText('Ask for a new code on the page that showed it').waitFor();

  await page.getByRole('button', { name: 'Show a new code' }).click();
  await seeStatus(page, 'WAITING_FOR_SCAN');
  const link = await readQrCode(page.getByTestId('qr'));
  expect(link).not.toBe(ordered.uri);
  await scan(phone.page, link);
  await createMobileId(phone.page);
  await seeStatus(page, 'ACTIVE');
  expect(page.url()).toContain(ordered.id);
});

test('portal and phone, reloaded at every step, go on where they were', async () => {
  const { token } = await stage.someone('berit');
  const ordered = await order(stage.server, token);
  const { page, context } = await stage.openPortal();
  const phone = await stage.openPhone();
  await openOrder({ page, context }, stage.server, token, ordered);
  await page.reload();
  await seeStatus(page, 'WAITING_FOR_SCAN');
  expect(await readQrCode(page.getByTestId('qr'))).toBe(ordered.uri);

  await phone.page.goto(ordered.uri);
  await seeScreen(phone.page, 'INVITED');
  await phone.page.reload();
  await phone.page.getByRole('button', { name: 'Continue' }).click();
  await seeScreen(phone.page, 'TASK');
  await seeStatus(page, 'SCANNED');
  await phone.page.reload();
  await page.reload();
  await seeStatus(page, 'SCANNED');
  await createMobileId(phone.page);
  await seeStatus(page, 'ACTIVE');
  await phone.page.reload();
  await seeScreen(phone.page, 'LIBRARY');
  await page.reload();
  await seeStatus(page, 'ACTIVE');
});

test('a phone whose tab was closed after the scan goes on in a new one', async () => {
  const { token } = await stage.someone('cecilia');
  const { uri } = await order(stage.server, token);
  const { context, page } = await stage.openPhone();
  await scan(page, uri);
  await seeScreen(page, 'TASK');
  await page.close();
  const again = await context.newPage();
  await again.goto('/m');
  await createMobileId(again);
  expect(await again.locator('[data-mobile-id][data-state="ACTIVE"]').count()).toBe(1);
});

test('a session that ended elsewhere leads to sign-in with a sentence, and back to the order', async () => {
  const { person, token } = await stage.someone('dagny');
  const ordered = await order(stage.server, token);
  const { page, context } = await stage.openPortal();
  await openOrder({ page, context }, stage.server, token, ordered);
  await stage.server.graphql('mutation { signOut }', {}, { token });
  await page.getByText('Your session has ended. Sign in again to go on where you were.').waitFor();
  await signInOnPage(page, person);
  await seeStatus(page, 'WAITING_FOR_SCAN');
  // The new session has not shown what an order needs: it sees no code that another session ordered.
  await page.getByText('shown only where it was ordered').waitFor();
  expect(await page.getByTestId('qr').count()).toBe(0);
  await page.getByRole('link', { name: 'Order again' }).waitFor();
});

async function letCodeRunOut(id: string): Promise<void> {
  await stage.server.database.query(
    `UPDATE enrolment SET code_expires_at = now() - interval '1 second' WHERE id = $1`,
    [id],
  );
}
