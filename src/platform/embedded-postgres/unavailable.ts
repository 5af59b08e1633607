/** The embedded PostgreSQL cannot work here; says why and what to do. */
export function unavailable(reason: string, options?: ErrorOptions): Error {
  return new Error(
    `The embedded PostgreSQL cannot run here. ${reason}. ` +
      'Set DATABASE_URL to a PostgreSQL 14 or later instead.',
    options,
  );
}
