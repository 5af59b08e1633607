import { readQrCode } from '../helpers/browser/browser';
import { addAuthenticatorApp, evidenceOf, sectionOf, typeCode } from '../helpers/account';
import { administrator, sixDigitsIn } from '../helpers/people';
import {
  createMobileId,
  openOrder,
  order,
  scan,
  seeStatus,
  signInOnPage,
} from '../helpers/browser/portal';
import { noteSecret } from '../helpers/run';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test('a code by text message proves what an order needs', async () => {
  const { person } = await stage.someone('alva');
  const phone = '+46700000001';
  const { errors } = await stage.server.graphql(
    'mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { id } }',
    { id: person.id, input: { phone } },
    { token: await administrator(stage.server) },
  );
  expect(errors).toEqual([]);

  const { page } = await stage.openPortal();
  await page.goto('/');
  await signInOnPage(page, person);
  await page.getByRole('link', { name: 'Get mobile ID' }).click();
  await page.getByRole('button', { name: 'Text a code to my phone' }).click();
  await page.getByText(phone).waitFor();
  const message = await stage.server.mailTo(phone, ({ text }) => /\d{6}/.test(text));
  const code = sixDigitsIn(message.text);
  noteSecret(code);
  await typeCode(page, code);
  await seeStatus(page, 'WAITING_FOR_SCAN');
  expect(await evidenceOf(page)).toEqual(['PASSWORD', 'SMS_CODE']);
});

test('the phone with the mobile ID proves who sits at the page, by the number that the page shows', async () => {
  const { person, token } = await stage.someone('berit');
  const phone = await stage.openPhone();
  const ordered = await order(stage.server, token);
  const ordering = await stage.openPortal();
  await openOrder(ordering, stage.server, token, ordered);
  await scan(phone.page, ordered.uri);
  await createMobileId(phone.page);
  await seeStatus(ordering.page, 'ACTIVE');

  const { page, complaints } = await stage.openPortal();
  await page.goto('/#/account');
  await signInOnPage(page, person);
  await addAuthenticatorApp(page);
  await page.getByRole('button', { name: 'Use my mobile ID' }).click();
  await page.locator('[data-proof="WAITING"]').waitFor();
  const number = await page.locator('[data-proof-number]').innerText();
  const link = await readQrCode(page.getByTestId('qr'));
  noteSecret(link.split('#p.')[1] ?? link);
  expect(link).toMatch(new RegExp(`^${stage.server.url}/m#p\\.[A-Za-z0-9_-]{22}$`));

  await phone.page.goto(link);
  await phone.page.getByLabel('Number that the page shows').click();
  await phone.page.keyboard.type(number);
  await phone.page.getByRole('button', { name: 'Yes, it is me' }).click();
  await phone.page.getByRole('heading', { name: 'It is you' }).waitFor();
  // The page goes on by itself to what waited for the proof.
  await sectionOf(page, 'totp').locator('[data-totp-secret]').waitFor();
  expect(await evidenceOf(page)).toEqual(['PASSWORD', 'MOBILE_ID']);
  // The browser's own word on the refusal that asked for the fresh proof (RFC 9470 section 3).
  expect(complaints).toEqual([expect.stringContaining('a status of 401')]);
});

test('the phone says no, and the page says so and offers another try', async () => {
  const { person, token } = await stage.someone('cecilia');
  const phone = await stage.openPhone();
  const ordered = await order(stage.server, token);
  await scan(phone.page, ordered.uri);
  await createMobileId(phone.page);

  const { page } = await stage.openPortal();
  await page.goto('/#/account');
  await signInOnPage(page, person);
  await addAuthenticatorApp(page);
  await page.getByRole('button', { name: 'Use my mobile ID' }).click();
  const link = await readQrCode(page.getByTestId('qr'));
  noteSecret(link.split('#p.')[1] ?? link);
  await phone.page.goto(link);
  await phone.page.getByRole('button', { name: 'Not me, cancel' }).click();
  await page.locator('[data-proof="REJECTED"]').waitFor();
  expect(await evidenceOf(page)).toEqual(['PASSWORD']);
  await page.getByRole('button', { name: 'Show a new code' }).click();
  await page.locator('[data-proof="WAITING"]').waitFor();
  expect(await readQrCode(page.getByTestId('qr'))).not.toBe(link);
  await page.getByRole('button', { name: 'Use another way' }).click();
  await page.getByRole('button', { name: 'Send me a code' }).waitFor();
  // Whoever uses the keyboard goes on at the ways, not at the top of the page.
  await page.keyboard.press('Tab');
  await page.locator('[data-step-up] button:focus').waitFor();
});
