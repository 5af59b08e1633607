import { createPublicKey, verify } from 'node:crypto';
import { SoftToken } from '../helpers/certificates/soft-token';

const ID = '5f2b6f0e-1c5a-4a57-9c2b-1a2b3c4d5e6f';
let token: SoftToken;
beforeEach(async () => {
  token = await SoftToken.make();
});
afterEach(() => token.remove());

test.each([
  ['RSA-2048', 'sha256'],
  ['RSA-3072', 'sha256'],
  ['P-256', 'sha256'],
  ['P-384', 'sha384'],
] as const)(
  'a %s key in a token signs so that its public key verifies, fifty times at once',
  async (keyAlgorithm, hash) => {
    const printed = await token.run(`
      const key = await token.generate('${ID}', '${keyAlgorithm}');
      const signed = Array.from({ length: 50 }, (_, i) => key.sign('${hash}', Buffer.from('text ' + i)));
      const signatures = (await Promise.all(signed)).map((one) => one.toString('hex'));
      console.log(JSON.stringify({ spki: key.spki.toString('hex'), signatures }));`);
    const { spki, signatures } = JSON.parse(printed) as { spki: string; signatures: string[] };
    const key = createPublicKey({ key: Buffer.from(spki, 'hex'), format: 'der', type: 'spki' });
    const verified = signatures.map((signature, i) =>
      verify(hash, Buffer.from(`text ${String(i)}`), key, Buffer.from(signature, 'hex')),
    );
    expect(verified).toEqual(Array.from({ length: 50 }, () => true));
  },
);

test('another process finds the key by the id that it was made for, and no other', async () => {
  const print = `console.log(key.spki.toString('hex'));`;
  const made = await token.run(`const key = await token.generate('${ID}', 'P-256'); ${print}`);
  expect(await token.run(`const key = await token.key('${ID}'); ${print}`)).toBe(made);
  const other = token.run(`await token.key('${ID.replace('5f', '5e')}');`);
  await expect(other).rejects.toThrow(/has no key for the authority 5e2b/);
});

test('a wrong PIN, label or library is told apart, and the PIN not repeated', async () => {
  const settings = { ...token.settings };
  const withSettings = (changes: Partial<typeof settings>): Promise<string> =>
    new SoftToken(token.folder, { ...settings, ...changes }).run('').catch(String);

  const wrongPin = await withSettings({ pin: '00000000' });
  expect(wrongPin).toContain('does not take PKCS11_PIN');
  expect(wrongPin).not.toContain('00000000"');
  expect(await withSettings({ token: 'another' })).toContain('has the label PKCS11_TOKEN');
  expect(await withSettings({ module: '/nowhere.so' })).toContain(
    'PKCS11_MODULE is no PKCS #11 library',
  );
});
