import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { pemOf } from '../src/features/certificates/x509/pem.js';
import { processCpuMicros } from './host.js';
import { closedLoop, HttpLine } from './http-load.js';
import type { IssuingKey } from './issuing-key.js';
import type { BenchPlan } from './options.js';
import { freePort } from './signet.js';

export interface CfsslRate {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

const PATH = '/api/v1/cfssl/sign';
const LINES = 16;
const READY_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 20;

/** What is said of a holder there: as many extensions as here. */
const CONFIGURATION = {
  signing: {
    default: {
      usages: ['digital signature', 'client auth'],
      expiry: '17520h',
      crl_url: 'http://pki.example.org/pki/ca.crl',
      ocsp_url: 'http://pki.example.org/pki/ocsp',
      issuer_urls: ['http://pki.example.org/pki/ca.cer'],
      policies: [{ id: '1.3.6.1.4.1.32473.2.1' }],
    },
  },
};

/** Debian's `cfssl serve` (golang-cfssl) with the same key: it verifies the request and signs, over HTTP, and stores nothing. */
export async function measureCfssl(
  issuing: IssuingKey,
  plan: BenchPlan['issuance'],
): Promise<CfsslRate | null> {
  const isInstalled = await promisify(execFile)('cfssl', ['version']).then(
    () => true,
    () => false,
  );
  if (!isInstalled) return null;
  const folder = await mkdtemp(join(tmpdir(), 'signet-cfssl-'));
  try {
    await writeAuthority(folder, issuing);
    const request = await requestIn(folder);
    return await measureServer(folder, request, plan);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeAuthority(folder: string, issuing: IssuingKey): Promise<void> {
  const key = issuing.pkcs8.toString('base64');
  await writeFile(join(folder, 'ca.pem'), pemOf(issuing.certificateDer));
  await writeFile(
    join(folder, 'ca-key.pem'),
    `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    { mode: 0o600 },
  );
  await writeFile(join(folder, 'config.json'), JSON.stringify(CONFIGURATION));
}

async function requestIn(folder: string): Promise<string> {
  const path = join(folder, 'request.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', '/CN=Alva Beispiel', '-addext', 'subjectAltName=email:alva@example.org'],
    ...['-keyout', join(folder, 'holder.pem'), '-out', path],
  ]);
  return readFile(path, 'utf8');
}

async function measureServer(
  folder: string,
  request: string,
  plan: BenchPlan['issuance'],
): Promise<CfsslRate> {
  const port = await freePort();
  const child = spawn(
    'cfssl',
    [
      ...['serve', '-address', '127.0.0.1', '-port', String(port), '-loglevel', '5'],
      ...['-ca', 'ca.pem', '-ca-key', 'ca-key.pem', '-config', 'config.json'],
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  const exited = once(child, 'exit');
  try {
    await listens(port);
    return await load(port, child.pid ?? 0, { request, plan });
  } finally {
    child.kill();
    await exited;
  }
}

async function listens(port: number): Promise<void> {
  const startedAt = performance.now();
  const isUp = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${String(port)}/`).then(
      () => true,
      () => false,
    );
  while (!(await isUp())) {
    if (performance.now() - startedAt > READY_WITHIN_MS) throw new Error('cfssl does not start.');
    await pause(ASK_EVERY_MS);
  }
}

async function load(
  port: number,
  pid: number,
  { request, plan }: { request: string; plan: BenchPlan['issuance'] },
): Promise<CfsslRate> {
  const lines = Array.from({ length: LINES }, () => new HttpLine(port, PATH));
  const body = JSON.stringify({ certificate_request: request });
  const signOnce = async (line: number): Promise<void> => {
    await lines[line]?.post(body, {});
  };
  try {
    await closedLoop(LINES, plan.warmUpSeconds, signOnce);
    const before = await processCpuMicros(pid);
    const { done, perSecond } = await closedLoop(LINES, plan.windowSeconds, signOnce);
    return { perSecond, perCpuSecond: (done * 1e6) / ((await processCpuMicros(pid)) - before) };
  } finally {
    for (const line of lines) line.close();
  }
}
