import type { CertificateId, ProfileId } from '../../../kernel/ids.js';
import type { ChangeScope, Scope } from '../../../platform/scope.js';
import { CERTIFICATE_COLUMNS } from '../certificate.service.js';
import type { Certificate } from '../certificate.entity.js';

/** A certificate beside those that a mobile ID was issued with. */
type RecoveredCertificateOf = Certificate & { readonly recoveredInto: ProfileId };

/** Earlier encryption certificates that later mobile IDs brought along. They stay what they are, and whose they are. */
export class RecoveredCertificateService {
  async bringAlong(
    scope: ChangeScope,
    profileId: ProfileId,
    certificateId: CertificateId,
  ): Promise<void> {
    await scope.sql(
      'recovered-certificate.bring-along',
      'INSERT INTO recovered_certificate (profile_id, certificate_id, recovered_at) VALUES ($1, $2, now())',
      [profileId, certificateId],
    );
  }

  /** Within each profile the newest first. */
  async ofProfiles(
    scope: Scope,
    profileIds: readonly ProfileId[],
  ): Promise<ReadonlyMap<ProfileId, Certificate[]>> {
    const rows = await scope.sql<RecoveredCertificateOf>(
      'recovered-certificate.of-profiles',
      `SELECT ${CERTIFICATE_COLUMNS}, r.profile_into AS "recoveredInto"
       FROM (SELECT profile_id AS profile_into, certificate_id FROM recovered_certificate WHERE profile_id = ANY($1)) r
         JOIN certificate ON id = r.certificate_id
       ORDER BY not_before DESC, id`,
      [profileIds],
    );
    const byProfile = new Map<ProfileId, Certificate[]>(profileIds.map((id) => [id, []]));
    for (const { recoveredInto, ...row } of rows) byProfile.get(recoveredInto)?.push(row);
    return byProfile;
  }
}
