import { createMobileId, order, scan, seeScreen } from '../helpers/browser/portal';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test('without a code the phone page says how to get one', async () => {
  const { page, complaints } = await stage.openPhone();
  await page.goto('/m');
  await seeScreen(page, 'LIBRARY');
  await page.getByRole('heading', { name: 'No mobile ID on this phone yet' }).waitFor();
  expect(await page.getByRole('listitem').count()).toBe(3);
  expect(complaints).toEqual([]);
});

test.each(['garbage', 'A'.repeat(22)])('the code %s is refused in plain words', async (code) => {
  const { page } = await stage.openPhone();
  await page.goto(`/m#${code}`);
  expect(page.url()).toBe(`${stage.server.url}/m`);
  const next = page.getByRole('button', { name: 'Continue' });
  const problem = page.locator('[data-problem]');
  await next.or(problem).waitFor();
  if (await next.isVisible()) await next.click();
  await problem.waitFor();
  await page.getByRole('alert').getByRole('heading').waitFor();
  expect(await problem.getAttribute('data-problem')).toMatch(
    /^(?:LINK_NOT_UNDERSTOOD|CODE_UNKNOWN)$/,
  );
});

test('a second phone on a taken code is told so, and the first one goes on', async () => {
  const { token } = await stage.someone('alva');
  const { uri } = await order(stage.server, token);
  const first = await stage.openPhone();
  const second = await stage.openPhone();
  await scan(first.page, uri);
  await seeScreen(first.page, 'TASK');
  await scan(second.page, uri);
  await second.page.locator('[data-problem="ENROLMENT_TAKEN"]').waitFor();
  expect(await second.page.getByRole('alert').innerText()).toContain(
    'Another phone has scanned this code',
  );
  await createMobileId(first.page);
});

test('an order replaced by a newer one says so to the phone that has the old code', async () => {
  const { token } = await stage.someone('berit');
  const { uri } = await order(stage.server, token);
  await order(stage.server, token);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  await page.locator('[data-problem="ENROLMENT_SUPERSEDED"]').waitFor();
  expect(await page.getByRole('alert').innerText()).toContain('A newer order has taken its place');
});

test('opening the link uses nothing up', async () => {
  const { token } = await stage.someone('cecilia');
  const { id, uri } = await order(stage.server, token);
  const preview = await stage.openPhone();
  await preview.page.goto(uri);
  await seeScreen(preview.page, 'INVITED');
  const [row] = await stage.server.database.query<{ status: string }>(
    'SELECT status FROM enrolment WHERE id = $1',
    [id],
  );
  expect(row?.status).toBe('WAITING_FOR_SCAN');
  const phone = await stage.openPhone();
  await scan(phone.page, uri);
  await createMobileId(phone.page);
});

test('the link opened again on the phone that has finished shows the mobile ID', async () => {
  const { token } = await stage.someone('frida');
  const { uri } = await order(stage.server, token);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  await createMobileId(page);
  await page.goto('about:blank');
  await scan(page, uri);
  await seeScreen(page, 'LIBRARY');
  expect(await page.locator('[data-mobile-id][data-state="ACTIVE"]').count()).toBe(1);
  await page.reload();
  await seeScreen(page, 'LIBRARY');
});

test('a code scanned into the open page begins anew', async () => {
  const { token } = await stage.someone('dagny');
  const { uri } = await order(stage.server, token);
  const { page } = await stage.openPhone();
  await page.goto('/m');
  await seeScreen(page, 'LIBRARY');
  await page.evaluate((code) => {
    location.hash = code;
  }, new URL(uri).hash);
  await seeScreen(page, 'INVITED');
  expect(page.url()).toBe(`${stage.server.url}/m`);
});

test('a browser that keeps no keys is told so before the code is used', async () => {
  const { token } = await stage.someone('edda');
  const { id, uri } = await order(stage.server, token);
  const { page, context } = await stage.openPhone();
  await context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('as in a private window', 'InvalidStateError');
    };
  });
  await page.goto(uri);
  await seeScreen(page, 'OBSTACLE');
  await page.getByText('Your code has not been used.').waitFor();
  const [row] = await stage.server.database.query<{ status: string }>(
    'SELECT status FROM enrolment WHERE id = $1',
    [id],
  );
  expect(row?.status).toBe('WAITING_FOR_SCAN');
});
