import { openOrder, order, scan, seeScreen, seeStatus } from '../helpers/browser/portal';
import { noteSecret } from '../helpers/run';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ confirmation: 'DEVICE_CODE' });
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test('the code that the phone shows, typed into the page, lets the phone go on', async () => {
  const { token } = await stage.someone('alva');
  const ordered = await order(stage.server, token);
  const portal = await stage.openPortal();
  const phone = await stage.openPhone();
  const page = await openOrder(portal, stage.server, token, ordered);
  await scan(phone.page, ordered.uri);
  const shown = phone.page.locator('[data-confirmation-code]');
  const code = (await shown.getAttribute('data-confirmation-code')) ?? '';
  expect(code).toMatch(/^\d{6}$/);
  noteSecret(code);

  await seeStatus(page, 'AWAITING_CONFIRMATION');
  await page.getByText('Android phone has scanned your code').waitFor();
  await page.getByLabel('Digit 1 of 6').click();
  await page.keyboard.type(code === '000000' ? '111111' : '000000');
  await page.getByText('That is not the code the phone shows. 4 attempts are left.').waitFor();
  await page.keyboard.type(code);

  await seeScreen(phone.page, 'DONE');
  await seeStatus(page, 'ACTIVE');
  expect(phone.complaints).toEqual([]);
  expect(portal.complaints).toEqual([]);
});

test('a reloaded phone shows the same code', async () => {
  const { token } = await stage.someone('berit');
  const { uri } = await order(stage.server, token);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  const shown = page.locator('[data-confirmation-code]');
  const code = await shown.getAttribute('data-confirmation-code');
  await page.reload();
  expect(await shown.getAttribute('data-confirmation-code')).toBe(code);
});

test.each([
  ['the page says "Not my phone"', 'PORTAL'],
  ['the phone says "Not me"', 'PHONE'],
])('an order is cancelled when %s, and both say so', async (_, where) => {
  const { token } = await stage.someone(`cecilia-${where.toLowerCase()}`);
  const ordered = await order(stage.server, token);
  const { page, context } = await stage.openPortal();
  const phone = await stage.openPhone();
  await openOrder({ page, context }, stage.server, token, ordered);
  await scan(phone.page, ordered.uri);
  await seeStatus(page, 'AWAITING_CONFIRMATION');

  if (where === 'PORTAL') {
    await page.getByRole('button', { name: 'Not my phone' }).click();
    await phone.page.locator('[data-problem="ENROLMENT_CANCELLED"]').waitFor();
    await phone.page.getByRole('heading', { name: 'This order was cancelled' }).waitFor();
  } else {
    await phone.page.getByRole('button', { name: 'Not me, cancel' }).click();
    await seeScreen(phone.page, 'CANCELLED');
  }
  await seeStatus(page, 'CANCELLED');
  await page.getByText('This order was cancelled. No mobile ID was made.').waitFor();
  const profiles = await stage.server.database.query('SELECT 1 FROM profile');
  expect(profiles).toHaveLength(1); // of the first test
});
