import type { CertificateKind } from '../../../kernel/certificate-kind.js';
import type { RequestContext } from '../../../kernel/actor.js';
import type { CertificateId, ProfileId } from '../../../kernel/ids.js';
import { proofRejected } from '../../../kernel/phone-proof.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import type { SentKeys } from '../keys/sent-keys.js';
import {
  checkDevicePart,
  checkKeyPart,
  refuseOtherRequests,
  type DevicePart,
} from './renewal-proof.js';

/** A phone that has proven both to be the one of a mobile ID, and to hold the key of one of its certificates. */
export interface ProvenKey {
  readonly certificateId: CertificateId;
  readonly profileId: ProfileId;
  readonly kind: CertificateKind;
  /** SHA-256, upper case, octets parted by colons. */
  readonly fingerprint: string;
}

interface FoundKey extends ProvenKey {
  readonly certificateDer: Buffer;
  readonly deviceThumbprint: string;
}

/** Which mobile ID's phone calls. Whether it may be renewed is another matter. */
export class RenewalKeyService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly publicUrl: string;
    },
  ) {}

  /**
   * @param sent what the proof must go with, where it goes with anything
   * @throws DomainError DEVICE_PROOF_REJECTED, alike for a foreign key and for one that never was; RATE_LIMITED
   */
  async prove(request: RequestContext, proof: string, sent?: SentKeys): Promise<ProvenKey> {
    const { limits } = this.ports;
    const address = addressKey(request.address);
    await limits.refuseExhausted('device/address', address);
    const key = await this.check(request, proof, sent).catch(async (error: unknown) => {
      await limits.take('device/address', address);
      throw error;
    });
    await limits.take('device/renewal', key.profileId);
    return key;
  }

  private async check(
    request: RequestContext,
    proof: string,
    sent: SentKeys | undefined,
  ): Promise<ProvenKey> {
    const target = { audience: this.ports.publicUrl, now: request.now };
    const device = await checkDevicePart(proof, target);
    const found = await this.find(request, device);
    if (found === undefined) throw proofRejected('SIGNATURE');
    const { certificateDer, deviceThumbprint, ...key } = found;
    const signed = await checkKeyPart(device.keyProof, certificateDer, target);
    if (device.thumbprint !== deviceThumbprint) throw proofRejected('DEVICE');
    if (sent !== undefined) refuseOtherRequests(signed, sent);
    return key;
  }

  private async find(
    request: RequestContext,
    { profileId, fingerprint }: DevicePart,
  ): Promise<FoundKey | undefined> {
    const [found] = await this.ports.work.read(request).sql<FoundKey>(
      'renewal-key.find',
      `SELECT c.id AS "certificateId", c.profile_id AS "profileId", c.kind, c.fingerprint, c.der AS "certificateDer",
         d.thumbprint AS "deviceThumbprint"
       FROM certificate c JOIN profile p ON p.id = c.profile_id JOIN device d ON d.id = p.device_id
       WHERE c.profile_id = $1 AND c.fingerprint = $2 AND c.kind IN ('AUTHENTICATION', 'SIGNATURE')`,
      [profileId, fingerprint],
    );
    return found;
  }
}
