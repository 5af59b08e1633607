/** Does it for each of them, one after the other, also where it fails for some. @throws AggregateError of what has failed */
export async function eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const one of all) {
    await work(one).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) {
    throw new AggregateError(
      failures,
      `${String(failures.length)} of ${String(all.length)} failed.`,
    );
  }
}
