import { createHash, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  IssuanceService,
  type ProvenRequest,
} from '../src/features/certificates/issuance.service.js';
import type { CertificateAuthority } from '../src/features/certificates/x509/certificate-authority.js';
import { AuditService } from '../src/features/audit/audit.service.js';
import { AuthorityKeys } from '../src/features/certificates/authorities/authority-keys.js';
import { IssuingAuthorities } from '../src/features/certificates/authorities/issuing-authorities.service.js';
import { AuthorityService } from '../src/features/certificates/authorities/authority.service.js';
import { agreeTerms } from '../src/features/certificates/profiles/certificate-profile.js';
import { systemClock } from '../src/kernel/clock.js';
import { newId, type ProfileId } from '../src/kernel/ids.js';
import { measureCfssl, type CfsslRate } from './cfssl.js';
import { openDatabase, type BenchDatabase } from './database.js';
import { issuingKey, type IssuingKey } from './issuing-key.js';
import { closedLoop } from './http-load.js';
import type { BenchPlan } from './options.js';
import type { Signet } from './signet.js';
import { median } from './statistics.js';

const PKI_URL = 'http://pki.example.org';
const VALIDITY_DAYS = 730;
const VALIDITY_MS = VALIDITY_DAYS * 86_400_000;
const NAMES = { username: 'alva', projectName: 'Measured' } as const;
/** As many as the thread pool has threads, and as many again that wait for one. */
const IN_FLIGHT = 8;
/** More than any machine stores: so many holders' keys are made for each second. */
const STORED_PER_SECOND = 3_000;

export interface Issuance {
  readonly keyAlgorithm: 'RSA-2048' | 'P-256';
  readonly raw: Rate;
  readonly object: Rate;
  /** The same, and each certificate in a transaction of its own. */
  readonly durable: Rate;
  /** `cfssl serve` with the same key; null where it is not installed. */
  readonly cfssl: CfsslRate | null;
}

export interface Rate {
  readonly perSecond: number;
  /** For each second of processor time of this process, whatever else the machine does. */
  readonly perCpuSecond: number;
  /** 99th percentile of how late the event loop is; NaN where it was blocked on purpose. */
  readonly loopDelayMs: number;
}

/** What the CA makes of its key, beside what the key alone can do. */
export async function measureIssuance(
  signet: Signet,
  { issuance: plan }: BenchPlan,
  keyAlgorithm: Issuance['keyAlgorithm'],
): Promise<Issuance> {
  const database = await openDatabase(signet);
  try {
    const issuing = await issuingKey(database, signet);
    const authorities = await openAuthorities(database, signet);
    const { raw, object } = await measureObject(issuing, authorities.current, plan);
    const durable = await measureDurable(database, authorities, plan);
    return { keyAlgorithm, raw, object, durable, cfssl: await measureCfssl(issuing, plan) };
  } finally {
    await database.close();
  }
}

/** The server's own issuing authority, opened once more in this process. */
async function openAuthorities(
  { work }: BenchDatabase,
  { keys }: Signet,
): Promise<IssuingAuthorities> {
  const authorities = new IssuingAuthorities(
    new AuthorityService(new AuthorityKeys(keys, null), new AuditService()),
    PKI_URL,
  );
  await authorities.reload(work.read(await work.systemRequest('bench', randomUUID())));
  return authorities;
}

/** In turns, so that whatever disturbs the machine disturbs both. */
async function measureObject(
  issuing: IssuingKey,
  authority: CertificateAuthority,
  plan: BenchPlan['issuance'],
): Promise<{ raw: Rate; object: Rate }> {
  const key = createPrivateKey({ key: issuing.pkcs8, format: 'der', type: 'pkcs8' });
  const toBeSigned = Buffer.alloc(800, 'tbsCertificate');
  const holders = requestsOf(64);
  let next = 0;
  const signOnce = (): Promise<void> => {
    sign('sha256', toBeSigned, key);
    return Promise.resolve();
  };
  const issueOnce = async (): Promise<void> => {
    await authority.issue(orderOf(holders[next++ % holders.length]));
  };
  await rateOf(IN_FLIGHT, plan.warmUpSeconds, issueOnce);
  const windows: { raw: Rate; object: Rate }[] = [];
  for (let i = 0; i < plan.windows; i += 1) {
    const raw = await rateOf(1, plan.windowSeconds / 2, signOnce);
    windows.push({ raw, object: await rateOf(IN_FLIGHT, plan.windowSeconds, issueOnce) });
  }
  return {
    raw: { ...medianOf(windows.map(({ raw }) => raw)), loopDelayMs: Number.NaN },
    object: medianOf(windows.map(({ object }) => object)),
  };
}

async function measureDurable(
  { work }: BenchDatabase,
  authorities: IssuingAuthorities,
  plan: BenchPlan['issuance'],
): Promise<Rate> {
  const issuance = new IssuanceService(authorities);
  const request = await work.systemRequest('bench', randomUUID());
  const { terms } = agreeTerms({}, ['AUTHENTICATION'], { project: VALIDITY_DAYS, ordered: null });
  const windows: Rate[] = [];
  for (let i = 0; i < plan.windows; i += 1) {
    const holders = requestsOf(STORED_PER_SECOND * plan.windowSeconds);
    const storeOnce = async (): Promise<void> => {
      const holder = holders.pop();
      if (holder === undefined) throw new Error('STORED_PER_SECOND is too low.');
      const { commonName, email = null, notBefore, notAfter } = orderOf(holder);
      const profileId = newId<ProfileId>();
      const named = { ...NAMES, terms, profileId, commonName, email, notBefore, notAfter };
      await work.change(request, (scope) => issuance.issue(scope, named, [holder]));
    };
    windows.push(await rateOf(2 * IN_FLIGHT, plan.windowSeconds, storeOnce));
  }
  return medianOf(windows);
}

async function rateOf(lines: number, seconds: number, once: () => Promise<void>): Promise<Rate> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = process.cpuUsage();
  delay.enable();
  const { done, perSecond } = await closedLoop(lines, seconds, once);
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  return {
    perSecond,
    perCpuSecond: (done * 1e6) / (user + system),
    loopDelayMs: delay.percentile(99) / 1e6,
  };
}

function medianOf(rates: readonly Rate[]): Rate {
  return {
    perSecond: median(rates.map(({ perSecond }) => perSecond)),
    perCpuSecond: median(rates.map(({ perCpuSecond }) => perCpuSecond)),
    loopDelayMs: median(rates.map(({ loopDelayMs }) => loopDelayMs)),
  };
}

function requestsOf(count: number): ProvenRequest[] {
  return Array.from({ length: count }, (_, i) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const publicKeySpki = publicKey.export({ format: 'der', type: 'spki' });
    return {
      kind: i % 2 === 0 ? 'AUTHENTICATION' : 'SIGNATURE',
      publicKey,
      publicKeySpki,
      keyAlgorithm: 'P-256',
      publicKeyHash: createHash('sha256').update(publicKeySpki).digest(),
      challengePassword: undefined,
    };
  });
}

function orderOf(request: ProvenRequest | undefined): Parameters<CertificateAuthority['issue']>[0] {
  if (request === undefined) throw new Error('There is no request.');
  const now = systemClock.now();
  return {
    kind: request.kind,
    publicKeySpki: request.publicKeySpki,
    profileId: randomUUID(),
    commonName: 'Alva Beispiel',
    email: 'alva@example.org',
    notBefore: now,
    notAfter: new Date(now.getTime() + VALIDITY_MS),
  };
}
