import {
  ARCHIVING,
  encryptFor,
  encryptionCertificate,
  recoveryPem,
  scan as enrolLibrary,
} from '../helpers/key-recovery';
import { createMobileId, order, scan, seeScreen } from '../helpers/browser/portal';
import { setStage, type Stage } from '../helpers/browser/stage';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage(ARCHIVING, { environment: { RECOVERY_KEY: recoveryPem() } });
});
afterEach(() => stage.closeWindows());
afterAll(() => stage.close());

test.each([
  ['RSA-2048', 'carl', ['-aes256', '-keyopt', 'rsa_padding_mode:oaep']],
  ['P-256', 'carla', ['-aes256', '-keyopt', 'ecdh_kdf_md:sha256']],
] as const)(
  'the phone page reads with a recovered %s key what was encrypted before',
  async (algorithm, username, args) => {
    const { token } = await stage.someone(username);
    const earlier = await order(stage.server, token);
    const code = earlier.uri.split('#')[1] ?? '';
    const lost = await enrolLibrary(stage.server, code, { algorithm });
    const { id, pem } = encryptionCertificate(lost);
    const message = Buffer.from(await encryptFor(pem, `Grüße an ${username}`, args));
    const { uri } = await order(stage.server, token, { recoverCertificateIds: [id] });
    const { page, complaints } = await stage.openPhone();
    await scan(page, uri);
    await createMobileId(page);
    await page.goto('/m');
    await seeScreen(page, 'LIBRARY');
    const reader = page.locator('[data-reader]');
    const choose = (name: string, buffer: Buffer): Promise<void> =>
      reader
        .locator('input[type=file]')
        .setInputFiles({ name, mimeType: 'application/pkcs7-mime', buffer });
    await choose('smime.p7m', message);
    await page.locator('[data-reader=OPENED]').waitFor();
    expect(await reader.locator('[data-message]').innerText()).toBe(`Grüße an ${username}`);
    const downloading = page.waitForEvent('download');
    await reader.getByRole('button', { name: 'Save it' }).click();
    expect((await downloading).suggestedFilename()).toBe('smime.eml');
    const damaged = Buffer.from(message.subarray(0, message.length - 40));
    await choose('damaged.p7m', damaged);
    await page.locator('[data-reader=PROBLEM]').waitFor();
    expect(await reader.getByRole('alert').innerText()).toContain('not an encrypted message');
    expect(complaints).toEqual([]);
  },
);

test('no private key of the page can be read out, received ones included', async () => {
  const { token } = await stage.someone('carmen');
  const { uri } = await order(stage.server, token);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  await createMobileId(page);
  const extractable = await page.evaluate(async () => {
    const answered = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((done, fail) => {
        request.onsuccess = () => {
          done(request.result);
        };
        request.onerror = () => {
          fail(new Error('The database does not answer.'));
        };
      });
    const database = await answered(indexedDB.open('signet-phone'));
    const store = database.transaction('mobileIds').objectStore('mobileIds');
    const all: { keys: { kind: string; privateKey: CryptoKey }[] }[] = await answered(
      store.getAll(),
    );
    return all.flatMap(({ keys }) => keys.map((key) => [key.kind, key.privateKey.extractable]));
  });
  expect(extractable).toEqual([
    ['AUTHENTICATION', false],
    ['ENCRYPTION', false],
  ]);
});

test('a message for somebody else says so in plain words', async () => {
  const { token } = await stage.someone('carlos');
  const other = await stage.someone('carola');
  const foreign = await order(stage.server, other.token);
  const phone = await enrolLibrary(stage.server, foreign.uri.split('#')[1] ?? '');
  const message = await encryptFor(encryptionCertificate(phone).pem, 'not for you');
  const { uri } = await order(stage.server, token);
  const { page } = await stage.openPhone();
  await scan(page, uri);
  await createMobileId(page);
  await page.goto('/m');
  await page
    .locator('[data-reader] input[type=file]')
    .setInputFiles({ name: 'm.p7m', mimeType: 'text/plain', buffer: Buffer.from(message) });
  await page.locator('[data-reader=PROBLEM]').waitFor();
  expect(await page.getByRole('alert').innerText()).toContain('None of the keys on this phone');
});
