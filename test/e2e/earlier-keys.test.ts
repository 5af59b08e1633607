import { giveSession } from '../helpers/browser/browser';
import { ARCHIVING, encryptionCertificate, enrolPhone, recoveryPem } from '../helpers/key-recovery';
import { createMobileId, scan, seeStatus } from '../helpers/browser/portal';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage(
    { ...ARCHIVING, channels: ['SCREEN'] },
    { environment: { RECOVERY_KEY: recoveryPem() } },
  );
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test('the encryption key of a lost phone comes along to the new one that replaces it', async () => {
  const { token } = await stage.someone('alva');
  const lost = await enrolPhone(stage.server, token, {});
  const { id } = encryptionCertificate(lost);
  const portal = await stage.openPortal();
  await giveSession(portal, stage.server, token);
  const { page } = portal;
  await page.goto('/');
  await page.getByRole('link', { name: 'Get mobile ID' }).click();
  await page.getByText('Keys for earlier mail').waitFor();
  expect(await page.locator(`[data-recoverable="${id}"]`).isChecked()).toBe(false);

  await page.goto(`/#/mobile-id/${lost.profile.id}`);
  await page.getByRole('link', { name: 'Replace' }).click();
  await page.getByRole('heading', { name: 'Replace mobile ID' }).waitFor();
  await page.locator(`[data-recoverable="${id}"]:checked`).waitFor();
  const ordered = page.waitForResponse((response) =>
    (response.request().postData() ?? '').includes('StartEnrolment('),
  );
  await page.getByRole('button', { name: 'Show QR code' }).click();
  const sent = (await ordered).request().postDataJSON() as { variables: { input: object } };
  expect(sent.variables.input).toMatchObject({
    replacesProfileId: lost.profile.id,
    recoverCertificateIds: [id],
  });
  await seeStatus(page, 'WAITING_FOR_SCAN');
  const phone = await stage.openPhone();
  await scan(
    phone.page,
    await page
      .getByRole('link', { name: 'Open on this phone' })
      .evaluate((link) => (link as HTMLAnchorElement).href),
  );
  await phone.page.getByText('Keys of an earlier mobile ID come along').waitFor();
  await createMobileId(phone.page);
  await seeStatus(page, 'ACTIVE');
  await page.getByText('was revoked at the moment this one became active.').waitFor();

  const card = page.locator('article[data-profile]');
  expect(await card.locator('[data-status="REVOKED"]').count()).toBe(0);
  await card.getByRole('link').click();
  const along = page.locator('[data-section="recovered"] [data-certificate="ENCRYPTION"]');
  await along.waitFor();
  expect(await along.getAttribute('data-status')).toBe('REVOKED');
  expect([...portal.complaints, ...phone.complaints]).toEqual([]);
});
