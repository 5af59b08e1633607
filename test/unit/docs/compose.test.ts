import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { knownSettings, textOf } from './documents';

interface Service {
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
}
interface Compose {
  readonly services: { readonly signet: Service; readonly postgres: Service };
}

const text = textOf('docker-compose.yml');
const compose = parse(text) as Compose;
const { signet, postgres } = compose.services;

/** The Compose Specification's own schema, as dclint ships it. */
function composeSchema(): object {
  const folder = dirname(require.resolve('dclint/package.json'));
  const schema = readFileSync(join(folder, 'schemas/compose.schema.json'), 'utf8');
  const { $schema, ...rest } = JSON.parse(schema) as { $schema: string };
  expect($schema).toContain('draft-07'); // what Ajv speaks without being told
  return rest;
}

const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
  composeSchema(),
);

test('docker-compose.yml fits the schema of the Compose Specification', () => {
  validate(compose);
  expect(validate.errors ?? []).toEqual([]);
});

test('the schema refuses what is no compose file', () => {
  expect(validate({ services: { signet: { imagination: 'node' } } })).toBe(false);
});

test('the server is given settings that it knows, and PostgreSQL is the one beside it', () => {
  const known = new Set(knownSettings());
  expect(Object.keys(signet.environment).filter((name) => !known.has(name))).toEqual([]);
  expect(signet.environment['DATABASE_URL']).toMatch(/@postgres:5432\/signet$/);
  expect(signet.environment['MIGRATION_DATABASE_URL']).toMatch(/@postgres:5432\/signet$/);
});

test.each(['MASTER_KEY', 'ADMIN_PASSWORD', 'ADMIN_EMAIL', 'SMTP_URL'])(
  '%s has no default',
  (name) => {
    expect(signet.environment[name]).toMatch(new RegExp(String.raw`^\$\{${name}:\?`));
  },
);

test('the database’s password has no default', () => {
  expect(postgres.environment['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  expect(signet.environment['MIGRATION_DATABASE_URL']).toMatch(/:\$\{POSTGRES_PASSWORD:\?[^}]+\}@/);
  expect(signet.environment['DATABASE_URL']).toMatch(/:\$\{SERVER_PASSWORD:\?[^}]+\}@/);
});

test('nothing but the server on loopback can be reached from outside', () => {
  expect(signet.ports).toEqual(['127.0.0.1:4000:4000']);
  expect(postgres.ports).toBeUndefined();
});

test('the server counts as healthy when it is ready', () => {
  expect(signet.healthcheck.test.join(' ')).toContain('/readyz');
});

test('every variable that is required stands in the example environment', () => {
  const required = [...text.matchAll(/\$\{([A-Z_]+):\?/g)].map(([, name]) => name ?? '');
  const told = textOf('.env.example');
  expect(required.filter((name) => !new RegExp(`^${name}=`, 'm').test(told))).toEqual([]);
});

test('the image runs the server as a user without rights, and without tools for developing', () => {
  const dockerfile = textOf('Dockerfile');
  expect(dockerfile).toMatch(/^USER node$/m);
  expect(dockerfile).toContain('npm prune --omit=dev');
});
