import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Openssl } from '../../unit/certificates/openssl';
import { gatherCast, order, type Cast } from '../cast';
import { ClientAuthority } from './client-authority';
import { createTestDatabase, type TestDatabase } from '../database';
import { EstClient, type EstAnswer } from './est-client';
import type { Order } from '../orders';
import { startTestServer, type TestServer } from '../server';

/** Two instances on one database, GraphQL being asked over plain http and EST over TLS; and a device. */
export interface EstStage {
  readonly database: TestDatabase;
  readonly server: TestServer;
  /** The one that the client calls. */
  readonly secure: TestServer;
  readonly client: EstClient;
  readonly cast: Cast;
  /** An order of alva's, in the cast's project unless told otherwise. */
  order(input?: Readonly<Record<string, unknown>>): Promise<Order>;
  /** The certificates that were issued for an enrolment. */
  issuedFor(enrolmentId: string): Promise<IssuedOverEst[]>;
  profileOf(enrolmentId: string): Promise<{ id: string; state: string } | undefined>;
  remove(): Promise<void>;
}

interface IssuedOverEst {
  readonly kind: string;
  readonly status: string;
  readonly reason: string | null;
}

/** Certificates look as if the first half of their life were over, so that they can be renewed. */
const MAKE_OLD = `
  CREATE FUNCTION make_old() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.not_before := NEW.not_before - interval '60 days'; RETURN NEW; END $$;
  CREATE TRIGGER make_old BEFORE INSERT ON certificate FOR EACH ROW EXECUTE FUNCTION make_old();`;

export async function setEstStage(
  settings: Readonly<Record<string, unknown>> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<EstStage> {
  const openssl = new Openssl();
  const folder = await mkdtemp(join(tmpdir(), 'signet-est-server-'));
  const root = ClientAuthority.root(openssl, '/CN=Root of the TLS certificate');
  const tls = root.issue('/CN=localhost', {
    extensions: ['basicConstraints=CA:FALSE', 'subjectAltName=DNS:localhost'],
  });
  openssl.remove();
  const [TLS_CERT, TLS_KEY] = [join(folder, 'tls.pem'), join(folder, 'tls.key')];
  await writeFile(TLS_CERT, tls.pem);
  await writeFile(TLS_KEY, tls.keyPem);
  const database = await createTestDatabase();
  const server = await startTestServer({ database, environment });
  const secure = await startTestServer({
    database,
    environment: { ...environment, TLS_CERT, TLS_KEY },
  });
  const client = new EstClient(secure.url, root.identity.pem);
  const cast = await gatherCast(server, { maxProfilesPerUser: 100, ...settings });
  await database.query(MAKE_OLD);
  return {
    ...{ database, server, secure, client, cast },
    order: (input) => order(server, cast.alva.token, { projectId: cast.projectId, ...input }),
    issuedFor: (enrolmentId) =>
      database.query(
        `SELECT c.kind, c.status, c.revocation_reason AS reason FROM certificate c
         JOIN est_answer a ON a.certificate_id = c.id WHERE a.origin_id = $1 ORDER BY c.kind`,
        [enrolmentId],
      ),
    profileOf: async (enrolmentId) => {
      const [row] = await database.query<{ id: string; state: string }>(
        'SELECT id, state FROM profile WHERE enrolment_id = $1',
        [enrolmentId],
      );
      return row;
    },
    remove: async () => {
      for (const each of [secure, server]) await each.stop();
      await database.drop();
      client.remove();
      await rm(folder, { recursive: true });
    },
  };
}

/** The code of a refusal. */
export function problemOf({ body }: EstAnswer): string {
  return (JSON.parse(body) as { code: string }).code;
}
