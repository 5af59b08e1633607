import type { Config } from '../../config.js';
import { DomainError } from '../../kernel/errors.js';
import { StartupError } from '../../kernel/startup-error.js';
import { hasCode } from '../../platform/system-errors.js';

/** Why there is no connection to the database of the URL that a variable gives. The driver's message names host, user or database, never more. */
export function databaseProblem(
  cause: unknown,
  variable: 'DATABASE_URL' | 'MIGRATION_DATABASE_URL' = 'DATABASE_URL',
): StartupError {
  const [first] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  const message = first instanceof Error ? first.message : 'no answer';
  const { code } = new StartupError(message, { cause: first });
  const reason = code === undefined || message.includes(code) ? message : `${message} (${code})`;
  return new StartupError(`${variable} cannot be used: ${reason}.`, { cause });
}

const ADMIN_SETTINGS = { password: 'ADMIN_PASSWORD', email: 'ADMIN_EMAIL' } as const;
type AdminProblem = readonly {
  readonly field: keyof typeof ADMIN_SETTINGS;
  readonly message: string;
}[];

/** Why the first administrator cannot be made, where that is up to the settings: users are held to more than their form. */
export function administratorProblem(cause: unknown): unknown {
  if (!(cause instanceof DomainError) || cause.code !== 'INVALID_INPUT') return cause;
  const fields = cause.facts['fields'] as unknown as AdminProblem;
  const sentences = fields.map(
    ({ field, message }) => `${ADMIN_SETTINGS[field]} cannot be used. ${message}`,
  );
  return new StartupError(sentences.join('\n'), { cause });
}

/** Why the server cannot listen, where that is up to the settings. */
export function listenProblem({ host, pkiPort }: Config, port: number, cause: unknown): unknown {
  const variable = port === pkiPort ? 'PKI_PORT' : 'PORT';
  const place = `${variable} ${String(port)} at HOST ${host}`;
  const sentences = {
    EADDRINUSE: `${place} is in use by another program. Stop it, or choose another ${variable}.`,
    EACCES: `${place} may not be used by this user. Choose a ${variable} above 1023.`,
    EADDRNOTAVAIL: `HOST ${host} is no address of this machine.`,
    ENOTFOUND: `HOST ${host} is not known.`,
  };
  const known = Object.entries(sentences).find(([code]) => hasCode(cause, code));
  return known === undefined ? cause : new StartupError(known[1], { cause });
}
