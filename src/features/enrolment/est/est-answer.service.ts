import { DomainError, type ProblemCode } from '../../../kernel/errors.js';
import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { CertificateId, EnrolmentId, ProfileId } from '../../../kernel/ids.js';
import type { Certificate } from '../../certificates/certificate.service.js';
import { KeyRing, sha256 } from '../../../kernel/secrets.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import type { EnrolmentStatus } from '../enrolment-status.js';
import type { EstAnswer } from './est-answer.entity.js';
import type { MobileIdProfile } from '../../profiles/profile.service.js';
import { digestOf, type EstCertificate, type EstRequest } from './est-request.js';

type Origin = EnrolmentId | CertificateId;

/** An answer that was given, with the certificate in it as it stands today. */
export interface GivenAnswer extends Omit<EstAnswer, 'originId' | 'createdAt'> {
  readonly profileId: ProfileId;
  readonly certificateDer: Buffer;
  readonly notAfter: Date;
  readonly status: Certificate['status'];
}

/** One to an enrolment, with how that stood at the very same moment. */
export interface EnrolmentAnswer extends GivenAnswer, Pick<EstAnswer, 'createdAt'> {
  readonly enrolmentStatus: EnrolmentStatus;
  readonly failureCode: ProblemCode | null;
}

const COLUMNS = `a.kind, a.certificate_id AS "certificateId", a.request_digest AS "requestDigest",
  a.sealed_key AS "sealedKey", c.profile_id AS "profileId", c.der AS "certificateDer", c.not_after AS "notAfter",
  c.status`;
const TABLES = 'est_answer a JOIN certificate c ON c.id = a.certificate_id';
/** How long a private key is kept for a client whose answer got lost. */
const KEPT_SECONDS = 86_400;

/** Remembers answers. What is secret in one can only be opened by who sends the request again: it is sealed with that. */
export class EstAnswerService {
  /** All that an enrolment has got so far, the first one first. */
  of(scope: Scope, enrolmentId: EnrolmentId): Promise<EnrolmentAnswer[]> {
    return scope.sql<EnrolmentAnswer>(
      'est-answer.of-enrolment',
      `SELECT ${COLUMNS}, a.created_at AS "createdAt", e.status AS "enrolmentStatus", e.failure_code AS "failureCode"
       FROM ${TABLES} JOIN enrolment e ON e.id = a.origin_id WHERE a.origin_id = $1 ORDER BY a.created_at, a.kind`,
      [enrolmentId],
    );
  }

  /** Whether a mobile ID was made over EST. */
  async hasMade(
    scope: Scope,
    { enrolmentId }: Pick<MobileIdProfile, 'enrolmentId'>,
  ): Promise<boolean> {
    const rows = await scope.sql(
      'est-answer.has-made',
      'SELECT 1 AS made FROM est_answer WHERE origin_id = $1 LIMIT 1',
      [enrolmentId],
    );
    return rows.length > 0;
  }

  /** What this very request to renew one of a mobile ID's certificates has got. */
  async repeated(
    scope: Scope,
    { id, enrolmentId }: Pick<MobileIdProfile, 'id' | 'enrolmentId'>,
    { kind, request }: { readonly kind: CertificateKind; readonly request: EstRequest },
  ): Promise<GivenAnswer | undefined> {
    const [row] = await scope.sql<GivenAnswer>(
      'est-answer.repeated',
      `SELECT ${COLUMNS} FROM ${TABLES} 
       WHERE a.request_digest = $1 AND c.profile_id = $2 AND a.origin_id <> $3 AND a.kind = $4`,
      [digestOf(request), id, enrolmentId, kind],
    );
    return row;
  }

  async keep(
    scope: ChangeScope,
    request: EstRequest,
    answer: {
      readonly originId: Origin;
      readonly kind: CertificateKind;
      readonly certificateId: CertificateId;
      readonly privateKey: Buffer | null;
    },
  ): Promise<void> {
    const { originId, kind, certificateId, privateKey } = answer;
    const sealed = privateKey && ringOf(request).seal('est-private-key', certificateId, privateKey);
    await scope.sql(
      'est-answer.keep',
      `INSERT INTO est_answer (origin_id, kind, certificate_id, request_digest, sealed_key, created_at)
       VALUES ($1, $2, $3, $4, $5, now())`,
      [originId, kind, certificateId, digestOf(request), sealed],
    );
  }

  /**
   * The answer to the same request once more.
   * @throws DomainError CONFLICT where the key was delivered too long ago
   */
  again(given: GivenAnswer, request: EstRequest): EstCertificate {
    const { certificateDer, certificateId, sealedKey } = given;
    if (request.keyOrigin === 'DEVICE') return { certificateDer, privateKey: null };
    if (sealedKey === null) throw new DomainError('CONFLICT', { reason: 'KEY_DELIVERED' });
    const privateKey = ringOf(request).open('est-private-key', certificateId, sealedKey);
    return { certificateDer, privateKey };
  }

  /** Forgets the private keys in the answers to an enrolment. */
  async forgetKeys(scope: ChangeScope, originId: Origin): Promise<void> {
    await scope.sql(
      'est-answer.forget-keys',
      'UPDATE est_answer SET sealed_key = NULL WHERE origin_id = $1 AND sealed_key IS NOT NULL',
      [originId],
    );
  }

  /** For the housekeeping. */
  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'est-answer.purge',
      `UPDATE est_answer SET sealed_key = NULL
       WHERE sealed_key IS NOT NULL AND created_at < now() - make_interval(secs => $1)`,
      [KEPT_SECONDS],
    );
  }
}

/** Of a request that nobody could make up: it carries a signature with a key of the client's. */
function ringOf({ csr }: EstRequest): KeyRing {
  return new KeyRing(sha256(Buffer.concat([Buffer.from('signet/est-request'), csr])));
}
