import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { systemClock } from '../kernel/clock.js';
import { keptKeyPair } from './demo-corp/key-pair.js';
import { SamlProvider } from './demo-corp/saml-provider.js';
import { createDemoCorp } from './demo-corp/server.js';
import { readStaff } from './demo-corp/staff.js';

const USAGE = `Demo Corp, an identity provider to try SAML with. Not for real use.

  node dist/src/cli/demo-corp.js --staff FILE --keys DIR --sp URL [--port N]

  --staff FILE  JSON list of username, displayName, email, groups, password
  --keys DIR    where the signing key is kept, made at the first start
  --sp URL      metadata of the one service provider
  --port N      listen on this port of 127.0.0.1; without it any
`;

/** Writes its address as the first line, and ends when told to or when whoever started it is gone. */
async function main(): Promise<void> {
  const {
    staff,
    keys,
    sp,
    port = '0',
  } = parseArgs({
    options: {
      staff: { type: 'string' },
      keys: { type: 'string' },
      sp: { type: 'string' },
      port: { type: 'string' },
    },
  }).values;
  if (staff === undefined || keys === undefined || sp === undefined) throw new Error(USAGE);
  const keyPair = await keptKeyPair(keys, systemClock);
  const employees = await readStaff(staff);
  const server = createServer().listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  const url = `http://localhost:${String((server.address() as AddressInfo).port)}`;
  const provider = new SamlProvider(url, keyPair, () => metadataOf(sp));
  server.on('request', createDemoCorp({ provider, staff: employees, clock: systemClock }));
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
  process.stdout.write(`${url}\n`);
}

async function metadataOf(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error('The service provider has no metadata.');
  return answer.text();
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
