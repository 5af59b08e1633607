import {
  startAuthentication,
  startRegistration,
  WebAuthnError,
  type AuthenticationResponseJSON,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  type RegistrationResponseJSON,
  type WebAuthnErrorCode,
} from '@simplewebauthn/browser';
import type { Problem } from '../../shared/errors.js';
import { rememberPasskey } from './known-passkey.js';

/** What the browser's dialogue ended with: JSON for the server, or why there is none. */
export type CeremonyEnd = { readonly response: string } | { readonly problem: Problem };

/** `options` as the server gave them: they are its own JSON, made by the counterpart of this library. */
export async function makePasskey(options: string): Promise<CeremonyEnd> {
  const optionsJSON = JSON.parse(options) as PublicKeyCredentialCreationOptionsJSON;
  return endOf(() => startRegistration({ optionsJSON }));
}

/** With `autofill` the browser offers its passkeys in the user name's field, and waits until one is chosen. */
export async function showPasskey(options: string, autofill = false): Promise<CeremonyEnd> {
  const optionsJSON = JSON.parse(options) as PublicKeyCredentialRequestOptionsJSON;
  return endOf(() => startAuthentication({ optionsJSON, useBrowserAutofill: autofill }));
}

async function endOf(
  ceremony: () => Promise<AuthenticationResponseJSON | RegistrationResponseJSON>,
): Promise<CeremonyEnd> {
  try {
    const response = JSON.stringify(await ceremony());
    rememberPasskey();
    return { response };
  } catch (cause) {
    return { problem: { code: codeOf(cause), facts: {} } };
  }
}

const CODES: Partial<Readonly<Record<WebAuthnErrorCode, string>>> = {
  ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED: 'PASSKEY_ALREADY_THERE',
  ERROR_INVALID_DOMAIN: 'PASSKEY_NOT_POSSIBLE',
  ERROR_INVALID_RP_ID: 'PASSKEY_NOT_POSSIBLE',
  ERROR_AUTHENTICATOR_NO_SUPPORTED_PUBKEYCREDPARAMS_ALG: 'PASSKEY_NOT_POSSIBLE',
  ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT: 'PASSKEY_NOT_POSSIBLE',
  ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT: 'PASSKEY_NOT_POSSIBLE',
};

/** The browser does not tell "no" from "not in time" (Web Authentication Level 3 section 14.5.3). */
function codeOf(cause: unknown): string {
  const code = cause instanceof WebAuthnError ? CODES[cause.code] : undefined;
  return code ?? 'PASSKEY_CANCELLED';
}
