import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeAttestationObject, decodeClientDataJSON } from '@simplewebauthn/server/helpers';
import { ALGORITHMS, isAcceptableKey } from './credential-key.js';
import type { PasskeyAssertion, PasskeyRegistration, Transport } from './passkey-response.js';
import type { RelyingParty } from './relying-party.js';

/** A credential that an authenticator knows already. */
export interface KnownCredential {
  /** Base64url. */
  readonly credentialId: string;
  readonly transports: readonly Transport[];
}

/** The public half of a new credential. */
export interface NewCredential extends KnownCredential {
  readonly publicKey: Buffer;
  readonly counter: number;
  readonly isBackupEligible: boolean;
  readonly isBackedUp: boolean;
}

/** What an assertion tells beside that it is right. */
export interface AssertionFacts {
  readonly counter: number;
  readonly isBackedUp: boolean;
}

interface Ceremony {
  readonly party: RelyingParty;
  readonly challenge: Buffer;
}

export const CEREMONY_SECONDS = 300;
const TIMEOUT_MS = CEREMONY_SECONDS * 1000;

/** PublicKeyCredentialCreationOptionsJSON. */
export async function registrationOptions(
  { party, challenge }: Ceremony,
  user: { readonly handle: Buffer; readonly name: string; readonly displayName: string },
  excluded: readonly KnownCredential[],
): Promise<string> {
  const options = await generateRegistrationOptions({
    rpID: party.id,
    rpName: party.name,
    userID: Uint8Array.from(user.handle),
    userName: user.name,
    userDisplayName: user.displayName,
    challenge: Uint8Array.from(challenge),
    timeout: TIMEOUT_MS,
    attestationType: 'none',
    excludeCredentials: excluded.map(described),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  return JSON.stringify(options);
}

/** PublicKeyCredentialRequestOptionsJSON. Without `allowed`, the authenticator shows which passkeys it has. */
export async function assertionOptions(
  { party, challenge }: Ceremony,
  allowed?: readonly KnownCredential[],
): Promise<string> {
  const options = await generateAuthenticationOptions({
    rpID: party.id,
    challenge: Uint8Array.from(challenge),
    timeout: TIMEOUT_MS,
    userVerification: 'required',
    ...(allowed && { allowCredentials: allowed.map(described) }),
  });
  return JSON.stringify(options);
}

/** The new credential, or undefined where anything about the response is not as it must be (WebAuthn section 7.1). */
export async function verifyRegistration(
  { party, challenge }: Ceremony,
  given: PasskeyRegistration,
): Promise<NewCredential | undefined> {
  return verified(async () => {
    if (isFramed(given.response.clientDataJSON)) return undefined;
    if (!isWithoutCertificates(given.response.attestationObject)) return undefined;
    const { registrationInfo } = await verifyRegistrationResponse({
      response: { ...given, clientExtensionResults: {} },
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (registrationInfo === undefined) return undefined;
    const { credential, credentialDeviceType, credentialBackedUp } = registrationInfo;
    if (credential.id !== given.id || !isAcceptableKey(credential.publicKey)) return undefined;
    return {
      credentialId: credential.id,
      transports: given.response.transports,
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
      isBackupEligible: credentialDeviceType === 'multiDevice',
      isBackedUp: credentialBackedUp,
    };
  });
}

/**
 * What the assertion tells, or undefined where anything about it is not as it must be (WebAuthn section 7.2). The signature
 * counter is for the caller to compare: only what is signed says something about it.
 */
export async function verifyAssertion(
  { party, challenge }: Ceremony,
  known: Pick<NewCredential, 'credentialId' | 'publicKey' | 'isBackupEligible'>,
  given: PasskeyAssertion,
): Promise<AssertionFacts | undefined> {
  return verified(async () => {
    const { userHandle, ...response } = given.response;
    if (isFramed(response.clientDataJSON)) return undefined;
    const { verified: isRight, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...given,
        response: { ...response, ...(typeof userHandle === 'string' && { userHandle }) },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id: known.credentialId,
        publicKey: Uint8Array.from(known.publicKey),
        counter: BELOW_ALL,
      },
    });
    const isEligible = authenticationInfo.credentialDeviceType === 'multiDevice';
    // WebAuthn section 7.2, step 21: backup eligibility never changes.
    if (!isRight || isEligible !== known.isBackupEligible) return undefined;
    const { newCounter, credentialBackedUp } = authenticationInfo;
    return { counter: newCounter, isBackedUp: credentialBackedUp };
  });
}

/** The library compares counters before it has checked the signature. */
const BELOW_ALL = -1;

/** Whether another site's page has framed the one that asked: Signet's pages are never framed. WebAuthn section 5.8.1. */
function isFramed(clientDataJSON: string): boolean {
  const { crossOrigin, topOrigin } = decodeClientDataJSON(clientDataJSON) as {
    readonly crossOrigin?: unknown;
    readonly topOrigin?: unknown;
  };
  return (crossOrigin !== undefined && crossOrigin !== false) || topOrigin !== undefined;
}

/**
 * None was asked for. A browser may still hand on a self attestation (WebAuthn section 5.1.3), but no certificates: the library
 * would follow the addresses in them.
 */
function isWithoutCertificates(attestationObject: string): boolean {
  const decoded = decodeAttestationObject(
    Uint8Array.from(Buffer.from(attestationObject, 'base64url')),
  );
  const format = decoded.get('fmt');
  return (
    format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined)
  );
}

/** The library throws at whatever is wrong, with what it expected in the message: nothing of that goes on. */
async function verified<T>(verify: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await verify();
  } catch {
    return undefined;
  }
}

function described({ credentialId, transports }: KnownCredential): {
  id: string;
  transports: Transport[];
} {
  return { id: credentialId, transports: [...transports] };
}
