import type { BenchDatabase } from './database.js';
import type { Signet } from './signet.js';

/** The key that a server issues with, in the clear. */
export interface IssuingKey {
  readonly certificateDer: Buffer;
  readonly pkcs8: Buffer;
}

export async function issuingKey({ pool }: BenchDatabase, { keys }: Signet): Promise<IssuingKey> {
  const { rows } = await pool.query<{ id: string; sealed_key: Buffer; certificate: Buffer }>(
    `SELECT id, sealed_key, certificate FROM certificate_authority
     WHERE role = 'ISSUING' AND state = 'ACTIVE'`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('The server has no issuing CA.');
  return { certificateDer: row.certificate, pkcs8: keys.open('ca-key', row.id, row.sealed_key) };
}
