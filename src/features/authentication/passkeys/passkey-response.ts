import { z } from 'zod';
import { invalidInput } from '../../../kernel/errors.js';

const MAX_BYTES = 16_384;
/** WebAuthn section 7.1, step 25: a credential id has at most 1023 bytes. */
const MAX_ID = 1364;
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const;
export type Transport = (typeof TRANSPORTS)[number];

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/);
const credential = {
  id: base64url.max(MAX_ID),
  rawId: base64url.max(MAX_ID),
  type: z.literal('public-key'),
};
const registration = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    /** Those that are not known help nobody to find the authenticator again. */
    transports: z
      .array(z.string())
      .default([])
      .transform((given) => TRANSPORTS.filter((transport) => given.includes(transport))),
  }),
});
const assertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.nullish(),
  }),
});

/** What a browser gives for a new passkey: RegistrationResponseJSON of WebAuthn section 5.1.8, as far as it is read. */
export type PasskeyRegistration = z.infer<typeof registration>;
/** What a browser gives for a proof: AuthenticationResponseJSON, as far as it is read. */
export type PasskeyAssertion = z.infer<typeof assertion>;

/** @throws DomainError INVALID_INPUT */
export function readRegistration(text: string): PasskeyRegistration {
  return read(registration, text);
}

/** @throws DomainError INVALID_INPUT */
export function readAssertion(text: string): PasskeyAssertion {
  return read(assertion, text);
}

function read<T>(shape: z.ZodType<T>, text: string): T {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw invalidInput('response', `It must have at most ${String(MAX_BYTES)} bytes.`);
  }
  const parsed = shape.safeParse(parseJson(text));
  if (!parsed.success) {
    throw invalidInput('response', 'It must be the JSON that the browser gives for a credential.');
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // fits no shape
  }
}
