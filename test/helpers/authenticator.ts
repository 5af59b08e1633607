import {
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

type Cbor = Parameters<typeof isoCBOR.encode>[0];
export type KeyKind = 'ES256' | 'EdDSA' | 'RS256';

/** What an attack changes of an honest answer: one of these at a time. */
export interface Forgery {
  /** Of the client data. */
  readonly type?: string;
  readonly origin?: string;
  readonly challenge?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  /** Of the authenticator data. */
  readonly rpId?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  readonly backupEligible?: boolean;
  readonly backedUp?: boolean;
  readonly counter?: number;
  /** Null: none. */
  readonly userHandle?: string | null;
  readonly signedWith?: KeyObject;
  /** Signs its own registration: WebAuthn section 8.2. */
  readonly isSelfAttested?: boolean;
  /** Said beside what the authenticator data say. */
  readonly id?: string;
  readonly attestation?: { readonly fmt: string; readonly attStmt: ReadonlyMap<string, Cbor> };
  readonly publicKey?: ReadonlyMap<number, number | Uint8Array>;
  readonly transports?: readonly string[];
}

interface Options {
  readonly challenge: string;
  readonly rp?: { readonly id: string };
  readonly rpId?: string;
  readonly user?: { readonly id: string };
}

const ES256 = -7;
const [UP, UV, BE, BS, AT] = [0x01, 0x04, 0x08, 0x10, 0x40];

/** An authenticator and the browser before it, in software: it holds one passkey, and does not mind lying. WebAuthn section 6. */
export class SoftwareAuthenticator {
  readonly credentialId: Buffer;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  counter = 0;
  userHandle: string | null = null;
  private readonly origin: string;
  private readonly kind: KeyKind;
  /** As most platforms do: a passkey that may be copied, and a counter that stays at 0. */
  private readonly isSynced: boolean;

  constructor(
    origin: string,
    {
      kind = 'ES256',
      isSynced = false,
      credentialId = randomBytes(32),
    }: { kind?: KeyKind; isSynced?: boolean; credentialId?: Buffer } = {},
  ) {
    const keys = keyPair(kind);
    this.origin = origin;
    this.kind = kind;
    this.isSynced = isSynced;
    this.credentialId = credentialId;
    this.privateKey = keys.privateKey;
    this.publicKey = keys.publicKey;
  }

  /** RegistrationResponseJSON for these PublicKeyCredentialCreationOptionsJSON. */
  register(optionsJson: string, forgery: Forgery = {}): string {
    const options = JSON.parse(optionsJson) as Options;
    this.userHandle = options.user?.id ?? null;
    const authData = this.authenticatorData(options.rp?.id ?? '', forgery, this.attested(forgery));
    const clientDataJSON = this.clientData('webauthn.create', options, forgery);
    const { fmt, attStmt } = this.attestation(authData, clientDataJSON, forgery);
    const attestationObject = isoCBOR.encode(
      new Map<string, Cbor>([
        ['fmt', fmt],
        ['attStmt', attStmt as Cbor],
        ['authData', Uint8Array.from(authData)],
      ]),
    );
    return this.answer(forgery, {
      clientDataJSON,
      attestationObject: Buffer.from(attestationObject).toString('base64url'),
      transports: forgery.transports ?? ['internal'],
    });
  }

  /** AuthenticationResponseJSON for these PublicKeyCredentialRequestOptionsJSON. */
  assert(optionsJson: string, forgery: Forgery = {}): string {
    const options = JSON.parse(optionsJson) as Options;
    if (!this.isSynced) this.counter += 1;
    const authData = this.authenticatorData(options.rpId ?? '', forgery);
    const clientDataJSON = this.clientData('webauthn.get', options, forgery);
    const signature = this.sign(authData, clientDataJSON, forgery);
    const handle = forgery.userHandle === undefined ? this.userHandle : forgery.userHandle;
    return this.answer(forgery, {
      clientDataJSON,
      authenticatorData: authData.toString('base64url'),
      signature: signature.toString('base64url'),
      ...(handle === null ? {} : { userHandle: handle }),
    });
  }

  private attestation(
    authData: Buffer,
    clientDataJSON: string,
    forgery: Forgery,
  ): NonNullable<Forgery['attestation']> {
    if (forgery.isSelfAttested !== true) {
      return forgery.attestation ?? { fmt: 'none', attStmt: new Map() };
    }
    const sig = Uint8Array.from(this.sign(authData, clientDataJSON, forgery));
    const attStmt = new Map<string, Cbor>([
      ['alg', ES256],
      ['sig', sig],
    ]);
    return { fmt: 'packed', attStmt };
  }

  /** WebAuthn section 6.3.3, step 11. */
  private sign(authData: Buffer, clientDataJSON: string, { signedWith }: Forgery): Buffer {
    const signed = Buffer.concat([authData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    const digest = this.kind === 'EdDSA' ? null : 'sha256';
    return sign(digest, signed, signedWith ?? this.privateKey);
  }

  private answer({ id }: Forgery, response: object): string {
    const name = id ?? this.credentialId.toString('base64url');
    const credential = { id: name, rawId: name, type: 'public-key', response };
    return JSON.stringify({
      ...credential,
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
    });
  }

  private clientData(type: string, { challenge }: Options, forgery: Forgery): string {
    const { topOrigin } = forgery;
    const data = {
      type: forgery.type ?? type,
      challenge: forgery.challenge ?? challenge,
      origin: forgery.origin ?? this.origin,
      crossOrigin: forgery.crossOrigin ?? false,
      ...(topOrigin === undefined ? {} : { topOrigin }),
    };
    return Buffer.from(JSON.stringify(data)).toString('base64url');
  }

  /** WebAuthn section 6.1. */
  private authenticatorData(rpId: string, forgery: Forgery, attested?: Buffer): Buffer {
    const honest = { rpId, counter: this.counter, userPresent: true, userVerified: true };
    const backup = { backupEligible: this.isSynced, backedUp: this.isSynced };
    const said = { ...honest, ...backup, ...forgery };
    const flags =
      (said.userPresent ? UP : 0) |
      (said.userVerified ? UV : 0) |
      (said.backupEligible ? BE : 0) |
      (said.backedUp ? BS : 0) |
      (attested === undefined ? 0 : AT);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(said.counter);
    return Buffer.concat([
      sha256(Buffer.from(said.rpId)),
      Buffer.from([flags]),
      counter,
      ...(attested === undefined ? [] : [attested]),
    ]);
  }

  /** WebAuthn section 6.5.1: AAGUID, length and credential id, public key. */
  private attested({ publicKey }: Forgery): Buffer {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const key = isoCBOR.encode((publicKey ?? coseKey(this.kind, this.publicKey)) as Cbor);
    return Buffer.concat([Buffer.alloc(16), length, this.credentialId, key]);
  }
}

/** COSE_Key of a public key: RFC 9052 section 7, RFC 9053, RFC 8230. */
export function coseKey(
  kind: KeyKind,
  publicKey: KeyObject,
): ReadonlyMap<number, number | Uint8Array> {
  const jwk = publicKey.export({ format: 'jwk' });
  const [kty, alg, crv, x, y] = [1, 3, -1, -2, -3];
  switch (kind) {
    case 'ES256':
      return new Map<number, number | Uint8Array>([
        [kty, 2],
        [alg, ES256],
        [crv, 1],
        [x, bytesOf(jwk, 'x')],
        [y, bytesOf(jwk, 'y')],
      ]);
    case 'EdDSA':
      return new Map<number, number | Uint8Array>([
        [kty, 1],
        [alg, -8],
        [crv, 6],
        [x, bytesOf(jwk, 'x')],
      ]);
    case 'RS256':
      return new Map<number, number | Uint8Array>([
        [kty, 3],
        [alg, -257],
        [-1, bytesOf(jwk, 'n')],
        [-2, bytesOf(jwk, 'e')],
      ]);
  }
}

function keyPair(kind: KeyKind): { publicKey: KeyObject; privateKey: KeyObject } {
  switch (kind) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

function bytesOf(jwk: JsonWebKey, member: 'x' | 'y' | 'n' | 'e'): Uint8Array {
  return Uint8Array.from(Buffer.from(jwk[member] ?? '', 'base64url'));
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
