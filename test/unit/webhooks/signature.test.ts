import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { signatureHeaders, tellSecret } from '../../../src/features/webhooks/webhook-signature';

const keyOf = (): Buffer => randomBytes(32);
const verify = (key: Buffer, body: string, headers: Readonly<Record<string, string>>): unknown =>
  new Webhook(tellSecret(key)).verify(body, { ...headers });

test('the reference library verifies what is signed, whatever the message says', () => {
  fc.assert(
    fc.property(fc.json(), fc.uuid(), (body, id) => {
      const key = keyOf();
      const headers = signatureHeaders({ id, at: new Date(), body }, [key]);
      expect(verify(key, body, headers)).toEqual(JSON.parse(body));
    }),
  );
});

test('a message is signed with each key, the new one first, and either verifies it', () => {
  const [fresh, old] = [keyOf(), keyOf()];
  const body = '{"type":"webhook.test"}';
  const headers = signatureHeaders({ id: 'evt_1', at: new Date(), body }, [fresh, old]);
  expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
  expect([fresh, old].map((key) => verify(key, body, headers))).toEqual([
    JSON.parse(body),
    JSON.parse(body),
  ]);
});

test.each([
  ['another body', { body: '{"type":"webhook.tesT"}' }],
  ['another id', { headers: { 'webhook-id': 'evt_2' } }],
  ['another time', { headers: { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1) } }],
  ['another key', { key: keyOf() }],
])(
  '%s is not what was signed',
  (
    _what,
    { body, headers, key }: { body?: string; headers?: Record<string, string>; key?: Buffer },
  ) => {
    const own = keyOf();
    const message = { id: 'evt_1', at: new Date(), body: '{"type":"webhook.test"}' };
    const signed = signatureHeaders(message, [own]);
    expect(() => verify(key ?? own, body ?? message.body, { ...signed, ...headers })).toThrow(
      WebhookVerificationError,
    );
  },
);

test('an old message is refused by its time, so that nobody repeats it later', () => {
  const key = keyOf();
  const at = new Date(Date.now() - 301_000);
  const headers = signatureHeaders({ id: 'evt_1', at, body: '{}' }, [key]);
  expect(() => verify(key, '{}', headers)).toThrow('Message timestamp too old');
});

test('a secret is told as the reference library takes it', () => {
  expect(tellSecret(Buffer.alloc(32, 1))).toBe(`whsec_${Buffer.alloc(32, 1).toString('base64')}`);
});
