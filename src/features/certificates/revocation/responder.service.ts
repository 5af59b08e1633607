import { isDeepStrictEqual } from 'node:util';
import { HOUR_MS } from '../../../kernel/durations.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { DerError } from '../x509/der.js';
import {
  type CertificateQuestion,
  type OcspRequest,
  readOcspRequest,
} from '../x509/ocsp-request.js';
import {
  type OcspAnswer,
  ocspFailure,
  type OcspFailure,
  type OcspSigner,
  type RevocationStatus,
  signOcspResponse,
} from '../x509/ocsp-response.js';
import { wholeSeconds } from '../x509/validity.js';
import type {
  AuthorityDirectory,
  ListedAuthority,
} from '../authorities/authority-directory.service.js';
import type { OcspSignerService } from './ocsp-signer.service.js';

/** An answer that may be given to whoever asks the same, for a while. */
interface Cacheable {
  readonly producedAt: Date;
  readonly nextUpdate: Date;
  /** The database's time. */
  readonly now: Date;
}

export interface OcspReply {
  /** OCSPResponse in DER. */
  readonly der: Buffer;
  /** Null where it is for this one request. */
  readonly cacheable: Cacheable | null;
}

interface Signed {
  readonly der: Buffer;
  readonly producedAt: Date;
  readonly nextUpdate: Date;
  readonly signer: OcspSigner;
  readonly status: RevocationStatus;
}

type Answered = OcspAnswer['certificates'][number];
interface Facts {
  readonly now: Date;
  readonly bySerial: ReadonlyMap<string, RevocationStatus>;
}
interface FactRow {
  readonly now: Date;
  /** A serial number, or the id of an authority; null where nothing was found. */
  readonly subject: string | null;
  readonly revokedAt: Date | null;
  readonly reason: string | null;
}

const VALID_MS = HOUR_MS;
/** A signed answer is given again while at least this much of it is left. */
const LEFT_MS = HOUR_MS / 2;
/** Signed answers that are kept, of some 2 KB each. */
const KEPT = 5000;

/** Time and status from one snapshot. Each part finds its rows by an index. */
const FACTS = `
  SELECT now() AS now, known.subject, known."revokedAt", known.reason FROM (SELECT 1) AS one LEFT JOIN (
    SELECT serial_number AS subject, revoked_at AS "revokedAt", revocation_reason AS reason
    FROM certificate WHERE serial_number = ANY($2) AND issuer_id = $1
    UNION ALL
    SELECT serial_number, NULL, NULL FROM ocsp_signer WHERE serial_number = ANY($2) AND authority_id = $1
    UNION ALL
    SELECT id::text, revoked_at, revocation_reason FROM certificate_authority WHERE id = ANY($3)
  ) AS known ON true`;

/**
 * Answers OCSP requests (RFC 6960, RFC 5019) by the state that the database has at that moment. Only the signature may be older: it
 * is used again while state and time agree with what it says.
 */
export class ResponderService {
  private readonly signed = new Map<string, Signed>();

  constructor(
    private readonly work: UnitOfWork,
    private readonly directory: AuthorityDirectory,
    private readonly signers: OcspSignerService,
  ) {}

  async answer(der: Buffer): Promise<OcspReply> {
    const request = read(der);
    return request === undefined ? this.refuse('malformedRequest') : this.reply(request);
  }

  /** An answer without a signature. */
  refuse(failure: OcspFailure): OcspReply {
    return { der: ocspFailure(failure), cacheable: null };
  }

  private async reply({ questions, nonce }: OcspRequest): Promise<OcspReply> {
    const issuers = await Promise.all(questions.map((each) => this.directory.issuerOf(each)));
    const issuer = issuers.find((each) => each !== undefined);
    // One signature speaks for the certificates of one authority only (RFC 6960 4.2.2.2).
    const isMixed = issuers.some((each) => each !== undefined && each.id !== issuer?.id);
    if (issuer === undefined || isMixed) return this.refuse('unauthorized'); // RFC 5019 2.2.3
    const facts = await this.look(issuer, questions);
    if (issuer.validity.notAfter <= facts.now) return this.refuse('unauthorized');
    const signer = await this.signers.of(issuer, facts.now);
    const certificates = questions.map(({ encoded, serialNumber }, i) => ({
      id: encoded,
      status: statusOf(facts, issuers[i] === undefined ? null : serialNumber),
    }));
    const [only] = certificates;
    return only !== undefined && certificates.length === 1 && nonce === null
      ? this.common(signer, only, facts.now)
      : { der: await signNow(signer, { certificates, nonce, now: facts.now }), cacheable: null };
  }

  /** One certificate, no nonce: what almost everybody asks. */
  private async common(
    signer: OcspSigner,
    { id, status }: Answered,
    now: Date,
  ): Promise<OcspReply> {
    if (status.kind === 'unknown') {
      const der = await signNow(signer, { certificates: [{ id, status }], nonce: null, now });
      return { der, cacheable: null };
    }
    const key = id.toString('base64');
    const known = this.signed.get(key);
    const signed =
      known !== undefined && stillSays(known, { signer, status, now })
        ? known
        : await this.sign(signer, { id, status }, now);
    this.signed.delete(key); // the latest used last
    this.signed.set(key, signed);
    this.dropOldest();
    return { der: signed.der, cacheable: { ...signed, now } };
  }

  private async sign(signer: OcspSigner, answered: Answered, now: Date): Promise<Signed> {
    const der = await signNow(signer, { certificates: [answered], nonce: null, now });
    return {
      ...{ der, signer, status: answered.status },
      producedAt: wholeSeconds(now),
      nextUpdate: nextUpdateOf(signer, now),
    };
  }

  private dropOldest(): void {
    if (this.signed.size <= KEPT) return;
    const [oldest] = this.signed.keys();
    if (oldest !== undefined) this.signed.delete(oldest);
  }

  private async look(
    issuer: ListedAuthority,
    questions: readonly CertificateQuestion[],
  ): Promise<Facts> {
    const serials = new Set(questions.flatMap(({ serialNumber }) => serialNumber ?? []));
    const below = await this.directory.certifiedBy(issuer, serials);
    const serialOf = new Map(below.map(({ id, serialNumber }) => [id, serialNumber]));
    const rows = await this.work.sql<FactRow>('responder.facts', FACTS, [
      issuer.id,
      [...serials],
      [...serialOf.keys()],
    ]);
    const [row] = rows;
    if (row === undefined) throw new Error('The database did not tell the time.');
    const found = rows.flatMap(({ subject, ...fact }): [string, RevocationStatus][] =>
      subject === null ? [] : [[serialOf.get(subject) ?? subject, statusIn(fact)]],
    );
    return { now: row.now, bySerial: new Map(found) };
  }
}

function read(der: Buffer): OcspRequest | undefined {
  try {
    return readOcspRequest(der);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

function statusIn({ revokedAt, reason }: Omit<FactRow, 'now' | 'subject'>): RevocationStatus {
  return revokedAt === null ? { kind: 'good' } : { kind: 'revoked', revokedAt, reason };
}

function statusOf(facts: Facts, serialNumber: string | null): RevocationStatus {
  const known = serialNumber === null ? undefined : facts.bySerial.get(serialNumber);
  return known ?? { kind: 'unknown' };
}

function stillSays(
  signed: Signed,
  now: { signer: OcspSigner; status: RevocationStatus; now: Date },
): boolean {
  const leftMs = signed.nextUpdate.getTime() - now.now.getTime();
  const isNewer = signed.producedAt > now.now; // the database's clock was set back
  return (
    leftMs >= LEFT_MS &&
    !isNewer &&
    signed.signer === now.signer &&
    isDeepStrictEqual(signed.status, now.status)
  );
}

function signNow(
  signer: OcspSigner,
  { now, ...answer }: Pick<OcspAnswer, 'certificates' | 'nonce'> & { now: Date },
): Promise<Buffer> {
  return signOcspResponse(signer, {
    ...answer,
    producedAt: wholeSeconds(now),
    nextUpdate: nextUpdateOf(signer, now),
  });
}

/** Not past the certificate that vouches for the signature. */
function nextUpdateOf({ notAfter }: OcspSigner, now: Date): Date {
  return new Date(Math.min(wholeSeconds(now).getTime() + VALID_MS, notAfter.getTime()));
}
