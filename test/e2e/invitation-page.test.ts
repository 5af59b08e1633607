import { readQrCode } from '../helpers/browser/browser';
import { createMobileId, scan, seeScreen } from '../helpers/browser/portal';
import { noteSecret } from '../helpers/run';
import { eventually } from '../helpers/server';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ channels: ['EMAIL'] });
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

/** What stands behind # in the link of an invitation to somebody new. */
async function invite(username: string): Promise<{ id: string; token: string; code: string }> {
  const { person, token } = await stage.someone(username);
  const { data } = await stage.server.graphql(
    'mutation { startEnrolment(input: {}) { enrolment { id } } }',
    {},
    { token },
  );
  const mail = await stage.server.mailTo(person.email, ({ text }) => text.includes('/i#'));
  const code = /\/i#([\w-]{22})/.exec(mail.text)?.[1] ?? '';
  noteSecret(code);
  return { id: data.startEnrolment.enrolment.id as string, token, code };
}

async function openedAt({ id, token }: { id: string; token: string }): Promise<unknown> {
  const { data } = await stage.server.graphql(
    'query ($id: ID!) { enrolment(id: $id) { openedAt } }',
    { id },
    { token },
  );
  return data.enrolment.openedAt;
}

test('on a computer the link shows the QR code, which a phone scans to the end', async () => {
  const invitation = await invite('alva');
  expect(await openedAt(invitation)).toBeNull();
  const { page, complaints } = await stage.openPortal();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`/i#${invitation.code}`);
  await page.getByRole('heading', { name: 'Scan this code with your phone' }).waitFor();
  expect(page.url()).toBe(`${stage.server.url}/i`);
  expect(asked.filter((url) => url.includes(invitation.code) && !url.includes('#'))).toEqual([]);
  const link = await readQrCode(page.getByTestId('qr'));
  expect(link).toBe(`${stage.server.url}/m#${invitation.code}`);
  expect(await openedAt(invitation)).not.toBeNull();
  await page.reload();
  await page.getByTestId('qr').waitFor();
  expect(complaints).toEqual([]);
  const phone = await stage.openPhone();
  await scan(phone.page, link);
  await createMobileId(phone.page);
});

test('on a phone the link leads straight on, and the code stays out of the address', async () => {
  const invitation = await invite('berit');
  const { page, complaints } = await stage.openPhone();
  await page.goto(`/i#${invitation.code}`);
  await seeScreen(page, 'INVITED');
  expect(page.url()).toBe(`${stage.server.url}/m`);
  expect(await eventually(async () => (await openedAt(invitation)) ?? undefined)).toEqual(
    expect.any(String),
  );
  expect(complaints).toEqual([]);
  await page.getByRole('button', { name: 'Continue' }).click();
  await createMobileId(page);
});

test('a link whose order was replaced says so, and shows no code', async () => {
  const first = await invite('cecilia');
  await stage.server.graphql(
    'mutation { startEnrolment(input: {}) { enrolment { id } } }',
    {},
    { token: first.token },
  );
  const { page } = await stage.openPortal();
  await page.goto(`/i#${first.code}`);
  await page.locator('[data-problem="ENROLMENT_SUPERSEDED"]').waitFor();
  expect(await page.getByTestId('qr').count()).toBe(0);
  await page.getByText('Use the newer one. Have you got none? Ask whoever invited you').waitFor();
});

test.each(['', '#garbage', `#${'A'.repeat(22)}`])(
  'the link /i%s is refused in plain words',
  async (fragment) => {
    const { page } = await stage.openPortal();
    await page.goto(`/i${fragment}`);
    const problem = page.locator('[data-problem]');
    await problem.waitFor();
    expect(await problem.getAttribute('data-problem')).toMatch(
      /^(?:LINK_NOT_UNDERSTOOD|CODE_UNKNOWN)$/,
    );
    expect(await page.getByTestId('qr').count()).toBe(0);
  },
);
