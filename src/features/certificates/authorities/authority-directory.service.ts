import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import type { Scope, UnitOfWork } from '../../../platform/scope.js';
import type { AuthorityService, KnownAuthority } from './authority.service.js';
import type { Validity } from '../x509/validity.js';
import type { CertificateQuestion } from '../x509/ocsp-request.js';
import { publicKeyBits } from '../x509/ocsp-signer.js';
import { readIssuer } from '../x509/signer.js';

/** An authority as relying parties see it. */
export interface ListedAuthority extends KnownAuthority {
  /** Of the root that signed its certificate, a root's own of itself; null where somebody else did. */
  readonly issuerId: string | null;
  /** Hexadecimal, upper case. */
  readonly serialNumber: string;
  /** SHA-256 of its certificate, hexadecimal. */
  readonly fingerprint: string;
  readonly validity: Validity;
}

interface Listing {
  readonly authorities: readonly ListedAuthority[];
  readonly byId: ReadonlyMap<string, ListedAuthority>;
  /** By hash algorithm, hash of the name and hash of the key (RFC 6960 4.1.1). */
  readonly byHashes: ReadonlyMap<string, ListedAuthority>;
  readonly readAt: number;
}

/** Hash algorithms of a CertID, by the content of their object identifiers. */
const HASHES: Readonly<Record<string, string>> = {
  '2b0e03021a': 'sha1',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};
/** Strangers may name authorities that do not exist as often as they like. */
const LOOK_AGAIN_MS = 1000;

/**
 * All authorities, remembered: they are few, and what they are never changes. A new one is found when it is first named. How they
 * stand does change: only `list` tells.
 */
export class AuthorityDirectory {
  private listing: Listing | undefined;
  private reading: Promise<Listing> | undefined;

  constructor(
    private readonly work: UnitOfWork,
    private readonly authorities: AuthorityService,
  ) {}

  /** All of them as they stand now, within the transaction of `scope` where it is one. */
  async list(scope: Scope): Promise<ListedAuthority[]> {
    const known = await this.authorities.all(scope);
    return known.map((authority) => listed(authority, known));
  }

  byId(id: string): Promise<ListedAuthority | undefined> {
    return this.find(({ byId }) => byId.get(id));
  }

  /** The authority whose certificate is asked about. */
  issuerOf({
    hashOid,
    issuerNameHash,
    issuerKeyHash,
  }: CertificateQuestion): Promise<ListedAuthority | undefined> {
    const key = hashKey(hashOid, issuerNameHash, issuerKeyHash);
    return this.find(({ byHashes }) => byHashes.get(key));
  }

  /** Of these serial numbers, those of authorities that this one has certified. */
  async certifiedBy(
    issuer: ListedAuthority,
    serials: ReadonlySet<string>,
  ): Promise<ListedAuthority[]> {
    const below = ({ authorities }: Listing): ListedAuthority[] =>
      authorities.filter(
        ({ issuerId, serialNumber }) => issuerId === issuer.id && serials.has(serialNumber),
      );
    const known = this.listing ?? (await this.read());
    const found = below(known);
    // A root certifies authorities alone: what is not among them may have been made since.
    const isComplete = issuer.role !== 'ROOT' || found.length === serials.size;
    return isComplete || isFresh(known) ? found : below(await this.read());
  }

  private async find<T>(choose: (listing: Listing) => T | undefined): Promise<T | undefined> {
    const known = this.listing;
    const found = known && choose(known);
    if (found !== undefined) return found;
    if (known !== undefined && isFresh(known)) return undefined;
    return choose(await this.read());
  }

  private async read(): Promise<Listing> {
    this.reading ??= this.readAnew().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readAnew(): Promise<Listing> {
    const readAt = performance.now();
    const request = await this.work.systemRequest('authority-directory', randomUUID());
    const authorities = await this.list(this.work.read(request));
    this.listing = {
      authorities,
      byId: new Map(authorities.map((authority) => [authority.id, authority])),
      byHashes: new Map(authorities.flatMap((authority) => hashesOf(authority))),
      readAt,
    };
    return this.listing;
  }
}

function isFresh({ readAt }: Listing): boolean {
  return performance.now() - readAt < LOOK_AGAIN_MS;
}

function listed(authority: KnownAuthority, all: readonly KnownAuthority[]): ListedAuthority {
  const certificate = new X509Certificate(authority.certificateDer);
  const issuer = all.find(({ role, certificateDer }) => {
    if (role !== 'ROOT') return false;
    const root = new X509Certificate(certificateDer);
    return certificate.checkIssued(root) && certificate.verify(root.publicKey);
  });
  return {
    ...authority,
    issuerId: issuer?.id ?? null,
    serialNumber: certificate.serialNumber.toUpperCase(),
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    validity: readIssuer(certificate).validity,
  };
}

function hashesOf(authority: ListedAuthority): [string, ListedAuthority][] {
  const { name, spki } = readIssuer(new X509Certificate(authority.certificateDer));
  const key = publicKeyBits(spki);
  return Object.entries(HASHES).map(([oid, hash]) => {
    const digest = (data: Buffer): Buffer => createHash(hash).update(data).digest();
    return [hashKey(oid, digest(name.encoded), digest(key)), authority];
  });
}

function hashKey(oid: string, nameHash: Buffer, keyHash: Buffer): string {
  return `${oid}:${nameHash.toString('hex')}:${keyHash.toString('hex')}`;
}
