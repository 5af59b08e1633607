import { makeRequest, type MadeRequest } from './certificate-request.js';
import type { CertificateKind, KeyRequest, SentKeys } from './contract.js';
import { chooseAlgorithm, isForDecryption, type KeyAlgorithm } from './keys/key-algorithm.js';
import type { KeyStore, MadeKeys } from './keys/key-store.js';
import { makeWrappingKey } from './keys/wrapped-key.js';
import { PhoneError } from './problem.js';

/** What the phone is doing wherever it makes keys. */
export type KeyMakingProgress =
  | {
      readonly step: 'MAKING_KEY';
      readonly kind: CertificateKind;
      readonly algorithm: KeyAlgorithm;
    }
  | { readonly step: 'RETRYING'; readonly waitMs: number };

/** What the phone works with, wherever it makes keys and keeps them. */
export interface KeyMakingOptions<Api, Progress> {
  /** The server's public URL, as in the link. */
  readonly serverUrl: string;
  readonly api: Api;
  readonly store: KeyStore;
  readonly now: () => Date;
  readonly pause: (ms: number) => Promise<void>;
  /** Insists on this algorithm; without it, the server's first choice that this phone can make. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /** For a store that keeps keys in a file. Without it they cannot leave this phone. */
  readonly extractableKeys?: boolean | undefined;
  readonly report?: ((progress: Progress) => void) | undefined;
}

export interface KeyOrder {
  readonly keyRequests: readonly KeyRequest[];
  readonly challenge: string;
  readonly needsWrappingKey: boolean;
  readonly commonName: string;
}

/** Makes what is asked of the phone. `announce` comes before each key, and may throw to end it. */
export async function makeKeys(
  { keyRequests, challenge, needsWrappingKey, commonName }: KeyOrder,
  how: {
    readonly algorithm?: KeyAlgorithm | undefined;
    readonly extractable?: boolean | undefined;
  },
  announce: (kind: CertificateKind, algorithm: KeyAlgorithm) => void,
): Promise<MadeKeys> {
  const { extractable } = how;
  const made: MadeRequest[] = [];
  let serverKeyAlgorithm: KeyAlgorithm | undefined;
  for (const { kind, origin, algorithms } of keyRequests) {
    const algorithm = chooseAlgorithm(algorithms, how.algorithm);
    if (origin === 'SERVER') {
      if (!isForDecryption(kind)) throw new PhoneError('TASK_NOT_SUPPORTED', `${kind}: ${origin}`);
      serverKeyAlgorithm = algorithm;
      continue;
    }
    announce(kind, algorithm);
    made.push(await makeRequest({ kind, algorithm, commonName, challenge, extractable }));
  }
  const wrappingKey = needsWrappingKey ? await makeWrappingKey({ extractable }) : undefined;
  return { made, wrappingKey, serverKeyAlgorithm };
}

/** What the server is told of them. */
export function toSend({ made, wrappingKey, serverKeyAlgorithm }: MadeKeys): SentKeys {
  return {
    requests: made.map(({ kind, csr }) => ({ kind, csr })),
    ...(wrappingKey === undefined ? {} : { wrappingKey: wrappingKey.publicJwk }),
    ...(serverKeyAlgorithm === undefined ? {} : { serverKeyAlgorithm }),
  };
}
