import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg';

/** A table that is added to and never changed, and the columns that the server writes; the others are the database's own. */
export interface AppendOnlyTable {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Whoever is to get in by name and password. */
export interface Login {
  readonly name: string;
  readonly password: string;
}

const SCRAM_ROUNDS = 4096;

/**
 * Functions in this schema of roles that are neither this one's nor superusers. A statement of the owner's could call one of them in
 * the place of PostgreSQL's own (CVE-2018-1058), with all of his rights.
 */
export async function foreignFunctions(owner: ClientBase): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT DISTINCT pg_catalog.format('%I of %I', p.proname, r.rolname) AS name
     FROM pg_catalog.pg_proc p
       JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
       JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
     WHERE n.nspname = pg_catalog.current_schema() AND NOT r.rolsuper AND NOT pg_catalog.pg_has_role(r.oid, 'MEMBER')`,
  );
  return rows.map(({ name }) => name);
}

/**
 * Lets `role` work in every table without owning any: read and write rows, but append alone where rows must stay. To be called
 * by the owner after each change of the schema, in a transaction; where nothing is missing, little is done.
 */
export async function admitServer(
  owner: ClientBase,
  role: string,
  appendOnly: readonly AppendOnlyTable[],
): Promise<void> {
  const names = appendOnly.map(({ table }) => table);
  const tooMuch = await owner.query<{ statement: string }>(RIGHTS_TO_MAKE, [role]);
  const missing = await owner.query<{ statement: string }>(MISSING_GRANTS, [role, names]);
  for (const { statement } of [...tooMuch.rows, ...missing.rows]) await owner.query(statement);
  const grantee = escapeIdentifier(role);
  for (const { table, columns } of appendOnly) {
    const name = escapeIdentifier(table);
    const list = columns.map((column) => escapeIdentifier(column)).join(', ');
    await owner.query(`REVOKE ALL ON ${name} FROM ${grantee}`);
    await owner.query(`GRANT SELECT, INSERT (${list}) ON ${name} TO ${grantee}`);
  }
}

/**
 * $1 role. Up to PostgreSQL 14 everybody may make things in the schema, which the owner's statements might then take for others;
 * and everybody may make temporary tables, which come before others of their name: entries of the log would go there.
 */
const RIGHTS_TO_MAKE = `
  SELECT pg_catalog.format('REVOKE %s ON %s FROM %s', entry.privilege_type, place.name, coalesce(pg_catalog.quote_ident(r.rolname), 'PUBLIC')) AS statement
  FROM (
    SELECT 'SCHEMA ' || pg_catalog.quote_ident(nspname) AS name, nspowner AS owner,
      coalesce(nspacl, pg_catalog.acldefault('n', nspowner)) AS acl FROM pg_namespace
    WHERE nspname = pg_catalog.current_schema()
    UNION ALL
    SELECT 'DATABASE ' || pg_catalog.quote_ident(datname), datdba, coalesce(datacl, pg_catalog.acldefault('d', datdba))
    FROM pg_database
    WHERE datname = pg_catalog.current_database()
  ) AS place, pg_catalog.aclexplode(place.acl) AS entry LEFT JOIN pg_roles r ON r.oid = entry.grantee
  WHERE entry.privilege_type IN ('CREATE', 'TEMPORARY') AND (entry.grantee = 0 OR r.rolname = $1)
    AND entry.grantee <> place.owner AND pg_catalog.pg_has_role(place.owner, 'USAGE')`;

/** $1 role, $2 append-only tables. A policy has the role's name: graphile-worker guards its tables by row level security. */
const MISSING_GRANTS = `
  WITH relation AS (
    SELECT c.*, n.nspname, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN (current_schema(), 'graphile_worker')
      AND NOT (n.nspname = current_schema() AND c.relname = ANY($2::text[]))
  )
  SELECT format('GRANT USAGE ON SCHEMA %I TO %I', nspname, $1::text) AS statement FROM pg_namespace
  WHERE nspname IN (current_schema(), 'graphile_worker') AND NOT has_schema_privilege($1, oid, 'USAGE')
  UNION ALL
  SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', name, $1) FROM relation
  WHERE relkind IN ('r', 'p', 'v') AND relname <> 'migration' AND EXISTS (
    SELECT FROM unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) needed
    WHERE NOT has_table_privilege($1, relation.oid, needed))
  UNION ALL
  SELECT format('GRANT SELECT ON %s TO %I', name, $1) FROM relation WHERE relname = 'migration' AND relkind = 'r'
  UNION ALL
  SELECT format('GRANT USAGE ON SEQUENCE %s TO %I', name, $1) FROM relation
  WHERE nspname = 'graphile_worker' AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege($1, oid, 'USAGE') END
  UNION ALL
  SELECT format('CREATE POLICY %1$I ON %2$s TO %1$I USING (true) WITH CHECK (true)', $1, name) FROM relation
  WHERE relrowsecurity AND NOT EXISTS (
    SELECT FROM pg_policy p WHERE p.polrelid = relation.oid AND p.polname = $1)`;

/** Makes the role where there is none, and where this owner may. */
export async function ensureLogin(
  owner: ClientBase,
  { name, password }: Login,
): Promise<'there' | 'made' | 'missing'> {
  const { rows } = await owner.query<{ known: boolean; may: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS known, rolsuper OR rolcreaterole AS may
     FROM pg_roles WHERE rolname = current_user`,
    [name],
  );
  const [found] = rows;
  if (found?.known === true) return 'there';
  if (found?.may !== true || password === '') return 'missing';
  const verifier = escapeLiteral(await scramVerifier(password));
  await owner.query(`CREATE ROLE ${escapeIdentifier(name)} LOGIN PASSWORD ${verifier}`);
  return 'made';
}

/** RFC 5803, as PostgreSQL keeps it: so the password itself stands in no statement, and in none of its logs. */
async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(16);
  const salted = await promisify(pbkdf2)(
    password.normalize('NFKC'),
    salt,
    SCRAM_ROUNDS,
    32,
    'sha256',
  );
  const keyed = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  const parameters = `${String(SCRAM_ROUNDS)}:${salt.toString('base64')}`;
  return `SCRAM-SHA-256$${parameters}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}

/** By what the connection's own role could change rows of the tables, or do away with these or their triggers; empty where by nothing. */
export async function waysToChange(
  client: ClientBase,
  tables: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ way: string }>(WAYS, [tables]);
  return rows.map(({ way }) => way);
}

/** Who may make roles could make himself a member of the owner's, up to PostgreSQL 15. */
const WAYS = `
  SELECT DISTINCT way FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_database d ON d.datname = current_database()
    JOIN pg_roles r ON r.rolname = current_user,
  LATERAL (VALUES
    ('is a superuser', r.rolsuper),
    ('may make roles', r.rolcreaterole),
    ('owns the table', pg_has_role(c.relowner, 'MEMBER')),
    ('owns the schema', pg_has_role(n.nspowner, 'MEMBER')),
    ('owns the database', pg_has_role(d.datdba, 'MEMBER')),
    ('may change rows', has_any_column_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE, TRUNCATE')),
    ('may make triggers', has_table_privilege(c.oid, 'TRIGGER')),
    ('may make functions beside the table', has_schema_privilege(n.oid, 'CREATE')),
    ('may make schemas', has_database_privilege(d.oid, 'CREATE')),
    ('may work as the database''s process', pg_has_role('pg_execute_server_program', 'MEMBER')
      OR pg_has_role('pg_write_server_files', 'MEMBER'))
  ) ways (way, holds)
  WHERE c.oid = ANY(SELECT to_regclass(name) FROM unnest($1::text[]) name) AND holds`;
