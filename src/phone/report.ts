import { inTime } from './clock.js';
import { proveReport } from './keys/device-key.js';
import type { KeyStore } from './keys/key-store.js';
import { callerOf, type ConnectionOptions } from './server-api.js';

export interface ReportOptions extends ConnectionOptions {
  readonly store: Pick<KeyStore, 'listMobileIds' | 'loadDeviceKey'>;
  readonly now: () => Date;
}

const REPORT = 'mutation Report($proof: String!) { reportDevice(proof: $proof) }';

/**
 * Tells the server that this phone is in use, where it was assigned an ID there; else nobody is told anything. Fails with
 * `ServerError`.
 * @returns whether the server has an ID of this phone that stands; undefined where there was nothing to report
 */
export async function reportIn(options: ReportOptions): Promise<boolean | undefined> {
  const { serverUrl, store, now } = options;
  const call = callerOf(options);
  const mobileIds = await store.listMobileIds();
  const hasId = mobileIds.some(
    (mobileId) =>
      mobileId.serverUrl === serverUrl && (mobileId.profile.assignedId ?? null) !== null,
  );
  const key = hasId ? await store.loadDeviceKey() : undefined;
  if (key === undefined) return undefined;
  const reportAt = async (issuedAt: Date): Promise<boolean> => {
    const proof = await proveReport(key, { audience: serverUrl, issuedAt });
    return (await call({ query: REPORT, field: 'reportDevice', variables: { proof } })) === true;
  };
  return inTime(now, reportAt);
}
