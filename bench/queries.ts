import { join } from 'node:path';
import { closedLoop, HttpLine } from './http-load.js';
import type { BenchPlan } from './options.js';
import { ProcessUnderTest } from './process-under-test.js';
import { ADMIN_PASSWORD, freePort, type Signet } from './signet.js';
import { median } from './statistics.js';

interface QueryRate {
  readonly perSecond: number;
  /** The server's processor time for one query. */
  readonly cpuMicros: number;
}

export interface Queries {
  readonly viewer: QueryRate;
  readonly bare: QueryRate;
}

const CONNECTIONS = 16;
const VIEWER = JSON.stringify({
  query: `query Viewer { viewer { user { id username displayName } evidence { method at } sessionExpiresAt } }`,
});

/** `viewer` with a session that is looked up each time, and the same query where nothing is checked. */
export async function measureQueries(
  signet: Signet,
  { queries: plan }: BenchPlan,
): Promise<Queries> {
  const authorization = `Bearer ${await signIn(signet)}`;
  const viewer = await rateOf(signet, plan, { authorization });
  const port = await freePort();
  const bare = await ProcessUnderTest.start(join(__dirname, 'bare-server.js'), {
    arguments: [String(port)],
    environment: {},
    logFile: join(signet.home.dataDir, 'bare.log'),
    readyUrl: `http://127.0.0.1:${String(port)}/`,
  });
  try {
    return { viewer, bare: await rateOf({ port, process: bare }, plan, {}) };
  } finally {
    await bare.stop();
  }
}

async function rateOf(
  { port, process: server }: Pick<Signet, 'port' | 'process'>,
  plan: BenchPlan['queries'],
  headers: Readonly<Record<string, string>>,
): Promise<QueryRate> {
  const lines = Array.from({ length: CONNECTIONS }, () => new HttpLine(port));
  const ask = async (line: number): Promise<void> => {
    const body = await lines[line]?.post(VIEWER, headers);
    if (body?.includes('"username":"admin"') !== true) throw new Error(`No viewer: ${body ?? ''}`);
  };
  await closedLoop(CONNECTIONS, 1, ask);
  const windows: QueryRate[] = [];
  for (let i = 0; i < plan.windows; i += 1) {
    const before = await server.cpuMicros();
    const { done, perSecond } = await closedLoop(CONNECTIONS, plan.windowSeconds, ask);
    windows.push({ perSecond, cpuMicros: ((await server.cpuMicros()) - before) / done });
  }
  for (const line of lines) line.close();
  return {
    perSecond: median(windows.map(({ perSecond }) => perSecond)),
    cpuMicros: median(windows.map(({ cpuMicros }) => cpuMicros)),
  };
}

async function signIn({ port }: Signet): Promise<string> {
  const line = new HttpLine(port);
  const query = `mutation ($password: String!) { signInWithPassword(username: "admin", password: $password) { token } }`;
  const body = await line.post(
    JSON.stringify({ query, variables: { password: ADMIN_PASSWORD } }),
    {},
  );
  line.close();
  const { data } = JSON.parse(body) as { data: { signInWithPassword: { token: string } } };
  return data.signInWithPassword.token;
}
