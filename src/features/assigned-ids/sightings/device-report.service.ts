import type { RequestContext } from '../../../kernel/actor.js';
import { addressKey } from '../../../platform/address-key.js';
import type { RateLimits } from '../../../platform/rate-limits.js';
import type { UnitOfWork } from '../../../platform/scope.js';
import { provenDevice } from '../../profiles/device-proof.service.js';

/**
 * Written once an hour at most: it answers whether a phone is in use, and follows nobody through the day. A sighting is neither in the
 * audit log nor among the events, which are kept.
 */
const NOTE = `
  WITH seen AS (
    UPDATE assigned_id SET last_seen_at = now()
    WHERE device_thumbprint = $1 AND status <> 'REVOKED' AND last_seen_at <= now() - interval '1 hour'
  )
  SELECT EXISTS (SELECT 1 FROM assigned_id WHERE device_thumbprint = $1 AND status <> 'REVOKED') AS stands`;

/** Phones that report in. */
export class DeviceReportService {
  constructor(
    private readonly ports: {
      readonly work: UnitOfWork;
      readonly limits: RateLimits;
      readonly publicUrl: string;
    },
  ) {}

  /**
   * A phone is alive: a JWS by its own key, typ `report+jwt`.
   * @returns whether it has an ID here that is not revoked
   * @throws DomainError DEVICE_PROOF_REJECTED with `reason` FORM, KEY, SIGNATURE, AUDIENCE or TIME; RATE_LIMITED
   */
  async report(request: RequestContext, proof: string): Promise<boolean> {
    const { work, limits, publicUrl } = this.ports;
    const address = addressKey(request.address);
    await limits.refuseExhausted('device/address', address);
    const target = { type: 'report+jwt', audience: publicUrl, now: request.now };
    const { thumbprint } = await provenDevice(proof, target).catch(async (error: unknown) => {
      await limits.take('device/address', address);
      throw error;
    });
    const [row] = await work.sql<{ stands: boolean }>('device-report.note', NOTE, [thumbprint]);
    return row?.stands === true;
  }
}
