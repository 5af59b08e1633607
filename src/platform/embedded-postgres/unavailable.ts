import { StartupError } from '../../kernel/startup-error.js';

/** The embedded PostgreSQL cannot work here; says why and what to do. */
export function unavailable(reason: string, options?: ErrorOptions): StartupError {
  return new StartupError(
    `The embedded PostgreSQL cannot run here. ${reason}. ` +
      'Set DATABASE_URL to a PostgreSQL 14 or later instead.',
    options,
  );
}
