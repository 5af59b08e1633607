import { readQrCode } from '../helpers/browser/browser';
import { noteSecret } from '../helpers/run';
import { createMobileId, scan } from '../helpers/browser/portal';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage(
    { channels: ['EMAIL'] },
    { environment: { MAILBOX: '1', HOST: '127.0.0.1' } },
  );
});
afterAll(() => stage.close());

test('the mailbox shows the sign-in code, and the invitation with a QR code that a phone can scan', async () => {
  const { person, token } = await stage.someone('alva');
  await stage.server.graphql(
    'mutation { startEnrolment(input: {}) { enrolment { id } } }',
    {},
    { token },
  );
  await stage.server.mailTo(person.email, ({ html }) => html.includes('data:image/png'));
  const { page, complaints } = await stage.openPortal();

  await page.goto('/mailbox');
  const mails = page.getByRole('link').filter({ hasText: person.email });
  expect(await mails.count()).toBe(2);
  await mails.last().click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page
    .frameLocator('iframe')
    .getByText(/(?<!\d)\d{3}\s?\d{3}(?!\d)/)
    .first()
    .waitFor();

  await page.goto('/mailbox');
  await mails.first().click();
  const mail = page.frameLocator('iframe');
  const link = await readQrCode(mail.getByRole('img').last());
  noteSecret(new URL(link).hash.slice(1));
  expect(link).toContain(`${stage.server.url}/m#`);
  const shown = link.replace('/m#', '/i#');
  await mail.locator(`a[href="${shown}"]`).first().waitFor();
  expect(complaints).toEqual([]);

  const phone = await stage.openPhone();
  await scan(phone.page, link);
  await createMobileId(phone.page);
});
