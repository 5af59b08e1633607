import { createHash } from 'node:crypto';
import type * as Pkcs11Library from 'pkcs11js';
import type { KeyAlgorithm } from '../../../kernel/key-algorithm.js';
import { StartupError } from '../../../kernel/startup-error.js';
import type { SignatureHash, SigningKey } from '../x509/signing-key.js';
import { derSignature } from './ecdsa-signature.js';
import { SessionPool } from './session-pool.js';
import {
  curveOf,
  CURVE_PARAMETERS,
  ecPublicKey,
  FIELD_OCTETS,
  rsaPublicKey,
  type Curve,
} from './token-public-key.js';

/** Where an authority's keys are made and used, which they never leave. */
export interface TokenSettings {
  /** File of the vendor's PKCS #11 library. */
  readonly module: string;
  /** Label of the token. */
  readonly token: string;
  /** Of its user. */
  readonly pin: string;
}

type Library = typeof Pkcs11Library;
type Handle = Pkcs11Library.Handle;

interface Signing {
  readonly handle: Handle;
  /** Undefined for an RSA key. */
  readonly curve: Curve | undefined;
  readonly hash: SignatureHash;
  readonly data: Buffer;
}

const MAX_RSA_OCTETS = 512;
const PUBLIC_EXPONENT = Buffer.of(1, 0, 1);
const LABEL = 'signet';

/** A PKCS #11 token: a hardware security module, or a network one behind its vendor's library. */
export class Token {
  private constructor(
    private readonly library: Library,
    private readonly module: Pkcs11Library.PKCS11,
    private readonly sessions: SessionPool,
  ) {}

  /** @throws StartupError that names what is missing, never the PIN */
  static async open(settings: TokenSettings): Promise<Token> {
    const library = await loadLibrary();
    const module = new library.PKCS11();
    try {
      module.load(settings.module);
      module.C_Initialize({ flags: library.CKF_OS_LOCKING_OK });
    } catch (cause) {
      throw new StartupError('PKCS11_MODULE is no PKCS #11 library that can be loaded.', { cause });
    }
    try {
      const slot = slotOf(module, settings.token);
      return new Token(library, module, new SessionPool(library, module, { ...settings, slot }));
    } catch (error) {
      module.C_Finalize();
      if (error instanceof StartupError) throw error;
      throw new StartupError('The PKCS #11 token cannot be opened.', { cause: error });
    }
  }

  /** Makes a key that cannot be taken out. @param id UUID of the authority that it is for */
  async generate(id: string, keyAlgorithm: KeyAlgorithm): Promise<SigningKey> {
    const { library, module } = this;
    const curve = keyAlgorithm === 'P-256' || keyAlgorithm === 'P-384' ? keyAlgorithm : undefined;
    const [mechanism, parameters] =
      curve === undefined
        ? [library.CKM_RSA_PKCS_KEY_PAIR_GEN, rsaParameters(library, keyAlgorithm)]
        : [
            library.CKM_EC_KEY_PAIR_GEN,
            [{ type: library.CKA_EC_PARAMS, value: CURVE_PARAMETERS[curve] }],
          ];
    const common = [
      { type: library.CKA_TOKEN, value: true },
      { type: library.CKA_ID, value: idOctets(id) },
      { type: library.CKA_LABEL, value: `${LABEL} ${id}` },
    ];
    await this.sessions.use((session) =>
      module.C_GenerateKeyPairAsync(
        session,
        { mechanism },
        [...common, ...parameters, { type: library.CKA_VERIFY, value: true }],
        [
          ...common,
          { type: library.CKA_SIGN, value: true },
          { type: library.CKA_PRIVATE, value: true },
          { type: library.CKA_SENSITIVE, value: true },
          { type: library.CKA_EXTRACTABLE, value: false },
        ],
      ),
    );
    return this.key(id);
  }

  /** @throws StartupError where the token has no such key */
  async key(id: string): Promise<SigningKey> {
    const { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY } = this.library;
    const { spki, curve } = await this.sessions.use((session) =>
      Promise.resolve(this.publicKey(session, this.find(session, CKO_PUBLIC_KEY, id))),
    );
    let known: { readonly generation: number; readonly handle: Handle } | undefined;
    const handleIn = (session: Handle): Handle => {
      const { generation } = this.sessions;
      if (known?.generation !== generation) {
        known = { generation, handle: this.find(session, CKO_PRIVATE_KEY, id) };
      }
      return known.handle;
    };
    await this.sessions.use((session) => Promise.resolve(handleIn(session)));
    return {
      spki,
      sign: (hash, data) =>
        this.sessions.use((session) =>
          this.sign(session, { handle: handleIn(session), curve, hash, data }),
        ),
    };
  }

  close(): void {
    this.sessions.close();
    this.module.C_Finalize();
  }

  private async sign(session: Handle, { handle, curve, hash, data }: Signing): Promise<Buffer> {
    const { library, module } = this;
    if (curve === undefined) {
      const mechanism =
        hash === 'sha256' ? library.CKM_SHA256_RSA_PKCS : library.CKM_SHA384_RSA_PKCS;
      module.C_SignInit(session, { mechanism }, handle);
      return module.C_SignAsync(session, data, Buffer.alloc(MAX_RSA_OCTETS));
    }
    module.C_SignInit(session, { mechanism: library.CKM_ECDSA }, handle);
    const digest = createHash(hash).update(data).digest();
    const room = Buffer.alloc(2 * FIELD_OCTETS[curve]);
    return derSignature(await module.C_SignAsync(session, digest, room));
  }

  private find(session: Handle, keyClass: number, id: string): Handle {
    const { library, module } = this;
    module.C_FindObjectsInit(session, [
      { type: library.CKA_CLASS, value: keyClass },
      { type: library.CKA_ID, value: idOctets(id) },
    ]);
    try {
      const found = module.C_FindObjects(session);
      if (found !== null) return found;
      throw new StartupError(`The PKCS #11 token has no key for the authority ${id}.`);
    } finally {
      module.C_FindObjectsFinal(session);
    }
  }

  private publicKey(session: Handle, handle: Handle): { spki: Buffer; curve: Curve | undefined } {
    const { library } = this;
    const read = (...types: number[]): Buffer[] =>
      this.module
        .C_GetAttributeValue(
          session,
          handle,
          types.map((type) => ({ type })),
        )
        .map(({ value }) => value);
    const [keyType = Buffer.alloc(0)] = read(library.CKA_KEY_TYPE);
    if (keyType.readUInt8(0) === library.CKK_RSA) {
      const [modulus, exponent] = read(library.CKA_MODULUS, library.CKA_PUBLIC_EXPONENT);
      if (modulus === undefined || exponent === undefined) throw new Error('No RSA key.');
      return { spki: rsaPublicKey(modulus, exponent), curve: undefined };
    }
    const [parameters, point] = read(library.CKA_EC_PARAMS, library.CKA_EC_POINT);
    const curve = parameters && curveOf(parameters);
    if (curve === undefined || point === undefined) {
      throw new StartupError('The key in the PKCS #11 token is of a kind that is not used here.');
    }
    return { spki: ecPublicKey(curve, point), curve };
  }
}

/** Compiled where it is installed, so a machine without a compiler may lack it. */
async function loadLibrary(): Promise<Library> {
  try {
    return await import('pkcs11js');
  } catch (cause) {
    throw new StartupError(
      'PKCS11_MODULE needs the package pkcs11js, which is compiled when it is installed: install a C++ compiler, make and Python, then run "npm rebuild pkcs11js".',
      { cause },
    );
  }
}

function slotOf(module: Pkcs11Library.PKCS11, label: string): Handle {
  const slot = module
    .C_GetSlotList(true)
    .find((candidate) => module.C_GetTokenInfo(candidate).label.trim() === label);
  if (slot === undefined) throw new StartupError('No PKCS #11 token has the label PKCS11_TOKEN.');
  return slot;
}

function rsaParameters(library: Library, keyAlgorithm: KeyAlgorithm): Pkcs11Library.Template {
  return [
    { type: library.CKA_MODULUS_BITS, value: Number(keyAlgorithm.slice('RSA-'.length)) },
    { type: library.CKA_PUBLIC_EXPONENT, value: PUBLIC_EXPONENT },
  ];
}

function idOctets(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}
