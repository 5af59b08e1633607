import { randomUUID, X509Certificate } from 'node:crypto';
import { DAY_MS, HOUR_MS } from '../../../kernel/durations.js';
import type { KeyRing } from '../../../kernel/secrets.js';
import type { ChangeScope, Sql, UnitOfWork } from '../../../platform/scope.js';
import type { AuditService } from '../../audit/audit.service.js';
import type { OcspSigner } from '../x509/ocsp-response.js';
import { ocspKeyAlgorithm, ocspSignerCertificate, openOcspSigner } from '../x509/ocsp-signer.js';
import { newSoftwareKey, softwareKey } from '../x509/signing-key.js';
import type {
  AuthorityDirectory,
  ListedAuthority,
} from '../authorities/authority-directory.service.js';
import { eachOf } from './each-of.js';
import { OcspSignerEntity } from './revocation.entity.js';

interface Opened {
  readonly id: string;
  readonly signer: OcspSigner;
}
type Row = Pick<OcspSignerEntity, 'id' | 'certificate' | 'sealedKey'>;

const PURPOSE = 'ocsp-key';
const VALID_DAYS = 7;
/** From then on there should be another. */
const RENEWED_BEFORE_DAYS = 4;
/** Longer than an answer that it signs is good for. */
const LAST_USE_MS = 2 * HOUR_MS;
/** How often a key that should be replaced already is compared with what the database has. */
const LOOK_AGAIN_MS = 10_000;

const NEWEST = `
  SELECT id, certificate, sealed_key AS "sealedKey" FROM ocsp_signer
  WHERE authority_id = $1 AND not_after > $2 ORDER BY not_after DESC LIMIT 1`;

/** The responder's own keys, one for each authority, shared by all instances. A key is made when it is first needed. */
export class OcspSignerService {
  private readonly opened = new Map<string, Opened & { readonly lookAgainAt: number }>();
  private readonly opening = new Map<string, Promise<OcspSigner>>();

  constructor(
    private readonly work: UnitOfWork,
    private readonly keys: KeyRing,
    private readonly audit: AuditService,
    private readonly directory: AuthorityDirectory,
  ) {}

  /** Who answers for this authority. */
  async of(authority: ListedAuthority, now: Date): Promise<OcspSigner> {
    const known = this.opened.get(authority.id);
    if (known !== undefined && known.lookAgainAt > now.getTime()) return known.signer;
    const underWay = this.opening.get(authority.id);
    if (underWay !== undefined) return underWay;
    const opening = this.open(authority, now).finally(() => this.opening.delete(authority.id));
    this.opening.set(authority.id, opening);
    return opening;
  }

  /** Replaces in good time the keys that are in use. */
  async renewDue(): Promise<void> {
    const due = await this.work.sql<{ id: string; now: Date }>(
      'ocsp-signer.due',
      `SELECT authority_id AS id, now() AS now FROM ocsp_signer GROUP BY authority_id
       HAVING max(not_after) BETWEEN now() AND now() + make_interval(days => $1)`,
      [RENEWED_BEFORE_DAYS],
    );
    await eachOf(due, async ({ id, now }) => {
      const authority = await this.directory.byId(id);
      const end = authority?.validity.notAfter ?? now;
      // A key cannot outlast the authority: towards its end, the last one stays.
      if (authority === undefined || end <= later(now, VALID_DAYS * DAY_MS)) return;
      await this.make(authority, RENEWED_BEFORE_DAYS * DAY_MS);
    });
  }

  /** Deletes keys whose certificates have run out. */
  async purge(scope: ChangeScope): Promise<void> {
    await scope.sql(
      'ocsp-signer.purge',
      `DELETE FROM ocsp_signer WHERE not_after < now() - interval '1 day'`,
      [],
    );
  }

  private async open(authority: ListedAuthority, now: Date): Promise<OcspSigner> {
    const until = neededUntil(authority, now, LAST_USE_MS);
    const stored = await this.newest(this.work.sql, authority.id, until);
    const { id, signer } = stored ?? (await this.make(authority, LAST_USE_MS));
    const freshUntil = signer.notAfter.getTime() - RENEWED_BEFORE_DAYS * DAY_MS;
    const lookAgainAt = Math.max(freshUntil, now.getTime() + LOOK_AGAIN_MS);
    this.opened.set(authority.id, { id, signer, lookAgainAt });
    return signer;
  }

  private async newest(sql: Sql, authorityId: string, until: Date): Promise<Opened | undefined> {
    const [row] = await sql<Row>('ocsp-signer.newest', NEWEST, [authorityId, until]);
    if (row === undefined) return undefined;
    const known = this.opened.get(authorityId);
    return known?.id === row.id ? known : this.unsealed(row);
  }

  private unsealed({ id, certificate, sealedKey }: Row): Opened {
    return { id, signer: openOcspSigner(certificate, this.keys.open(PURPOSE, id, sealedKey)) };
  }

  /** Unless another instance was faster, and there is one good for longer than that. */
  private async make(authority: ListedAuthority, leftMs: number): Promise<Opened> {
    const pkcs8 = await newSoftwareKey(ocspKeyAlgorithm((await authority.signer()).keyAlgorithm));
    const request = await this.work.systemRequest('ocsp-signers', randomUUID());
    return this.work.change(request, async (scope) => {
      await scope.sql(
        'ocsp-signer.serialize',
        `SELECT pg_advisory_xact_lock(hashtextextended('signet ocsp signer ' || $1, 0))`,
        [authority.id],
      );
      const until = neededUntil(authority, scope.now, leftMs);
      const made = await this.newest(scope.sql, authority.id, until);
      return made ?? this.store(scope, authority, pkcs8);
    });
  }

  private async store(
    scope: ChangeScope,
    authority: ListedAuthority,
    pkcs8: Buffer,
  ): Promise<Opened> {
    const id = randomUUID();
    const certificate = await ocspSignerCertificate(await authority.signer(), {
      key: softwareKey(pkcs8),
      id,
      validity: {
        notBefore: scope.now,
        notAfter: later(scope.now, VALID_DAYS * DAY_MS),
      },
      authorityValidity: authority.validity,
    });
    const { serialNumber, validTo } = new X509Certificate(certificate);
    const row = { id, certificate, sealedKey: this.keys.seal(PURPOSE, id, pkcs8) };
    await scope.db.insert(OcspSignerEntity, {
      ...row,
      authorityId: authority.id,
      serialNumber: serialNumber.toUpperCase(),
      notAfter: new Date(validTo),
    });
    await this.audit.record(scope, {
      action: 'ocsp-signer.certify',
      target: `certificate-authority:${authority.id}`,
      detail: serialNumber,
    });
    return this.unsealed(row);
  }
}

/** How long a key has to be good at least; none can be longer than its authority. */
function neededUntil({ validity }: ListedAuthority, now: Date, leftMs: number): Date {
  return new Date(Math.min(later(now, leftMs).getTime(), validity.notAfter.getTime() - 1));
}

function later(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
