import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { sealKey } from '../../../src/features/certificates/key-archive/key-envelope';
import { toDer } from '../../../src/phone/messages/ber';
import { openMessage, textOf } from '../../../src/phone/messages/message';
import { belongsTo } from '../../../src/phone/keys/decryption-key';
import { makeWrappingKey, unwrapKey } from '../../../src/phone/keys/wrapped-key';

const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, 'hex'));

test('a value in pieces and without a length becomes DER', () => {
  const inPieces = '3080' + '2480' + '0401aa' + '0402bbcc' + '0000' + '020101' + '0000';
  expect(Buffer.from(toDer(bytes(inPieces))).toString('hex')).toBe('30080403aabbcc020101');
});

test.each([
  ['nothing', ''],
  ['an end that never comes', '3080020101'],
  ['a piece of another kind', '2480020101' + '0000'],
  ['a primitive value without a length', '0480aa0000'],
  ['bytes behind the value', '300000'],
  ['a length beyond the end', '3005020101'],
  ['a length of eight octets', '30880000000000000001aa'],
  ['a long tag', '3f8101020101'],
  ['a pit of nested values', '3080'.repeat(40) + '0000'.repeat(40)],
])('%s is refused', (_what, hex) => {
  expect(() => toDer(bytes(hex))).toThrow();
});

test.each([
  ['nothing', ''],
  ['plain text', 'Hello'],
  ['a plain mail', 'Content-Type: text/plain\r\n\r\nHello'],
  [
    'a mail with a broken body',
    'Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%',
  ],
  ['PEM of something else', '-----BEGIN CMS-----\nMAA=\n-----END CMS-----\n'],
])('%s is no encrypted message', async (_what, text) => {
  const file = new Uint8Array(Buffer.from(text));
  await expect(openMessage(file, [])).rejects.toMatchObject({ code: 'MESSAGE_NOT_UNDERSTOOD' });
});

test('text is text, and anything else is not shown as such', () => {
  expect(textOf(new Uint8Array(Buffer.from('Grüße\r\n\tan alle')))).toBe('Grüße\r\n\tan alle');
  expect(textOf(bytes('ff00'))).toBeUndefined();
  expect(textOf(bytes('1b5b324a'))).toBeUndefined();
});

describe('a wrapped key', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  const wrapped = async (certificateId = 'c', plain = pkcs8) => {
    const wrappingKey = await makeWrappingKey();
    const key = createPublicKey({
      key: JSON.parse(wrappingKey.publicJwk) as JsonWebKey,
      format: 'jwk',
    });
    const label = { typ: 'wrapped-key', certificateId } as const;
    const jwe = await sealKey({ key, algorithm: 'ECDH-ES+A256KW' }, label, plain);
    return { wrappingKey, jwe };
  };

  test('is unwrapped without being seen, and fits its certificate alone', async () => {
    const { wrappingKey, jwe } = await wrapped();
    const key = await unwrapKey({ certificateId: 'c', jwe }, { wrappingKey, algorithm: 'P-256' });
    expect(key.privateKey.extractable).toBe(false);
    expect(await belongsTo(key, 'P-256', spki)).toBe(true);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const foreign = new Uint8Array(other.export({ format: 'der', type: 'spki' }));
    expect(await belongsTo(key, 'P-256', foreign)).toBe(false);
  });

  test.each<[string, (jwe: string) => string]>([
    [
      'a changed content',
      (jwe) =>
        jwe.replace(/\.(.)([^.]*)\.[^.]*$/, (all) =>
          all.replace(/[A-Za-z]/, (c) => (c === 'A' ? 'B' : 'A')),
        ),
    ],
    [
      'a changed header',
      (jwe) =>
        jwe.replace(/^[^.]+/, (head) =>
          Buffer.from(Buffer.from(head, 'base64url').toString().replace('}', ',"x":1}')).toString(
            'base64url',
          ),
        ),
    ],
    ['a part too few', (jwe) => jwe.split('.').slice(0, 4).join('.')],
    ['a part too many', (jwe) => `${jwe}.AAAA`],
    ['junk', () => 'junk'],
  ])('with %s is refused', async (_what, change) => {
    const { wrappingKey, jwe } = await wrapped();
    const how = { wrappingKey, algorithm: 'P-256' } as const;
    const bent = unwrapKey({ certificateId: 'c', jwe: change(jwe) }, how);
    await expect(bent).rejects.toMatchObject({ code: 'ANSWER_REJECTED' });
  });

  test('for another certificate, or for another phone, is refused', async () => {
    const { wrappingKey, jwe } = await wrapped('another');
    const how = { wrappingKey, algorithm: 'P-256' } as const;
    await expect(unwrapKey({ certificateId: 'c', jwe }, how)).rejects.toMatchObject({
      code: 'ANSWER_REJECTED',
    });
    const stranger = { ...how, wrappingKey: await makeWrappingKey() };
    await expect(unwrapKey({ certificateId: 'another', jwe }, stranger)).rejects.toMatchObject({
      code: 'ANSWER_REJECTED',
    });
  });
});
