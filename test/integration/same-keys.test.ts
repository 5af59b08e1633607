import { randomUUID } from 'node:crypto';
import type { ProfileId } from '../../src/kernel/ids';
import type { ProvenRequest } from '../../src/features/certificates/issuance.service';
import { requestFor } from '../helpers/phone';
import { eventually, startTestServer, type TestServer } from '../helpers/server';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ environment: { CA_KEY_ALGORITHM: 'P-256' } });
});
afterAll(() => server.stop());

const KINDS = ['AUTHENTICATION', 'SIGNATURE', 'ENCRYPTION'] as const;

/** Has these keys certified for somebody new, and does `then` before it commits. */
async function certify(
  keys: readonly (ProvenRequest | undefined)[],
  then: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { work, issuance } = server.app.services;
  const request = await work.systemRequest('test', randomUUID());
  await work.change(request, async (scope) => {
    const holder = {
      ...{ profileId: randomUUID() as ProfileId, commonName: 'a', username: 'a', email: null },
      ...{ projectName: 'p', terms: {}, notBefore: scope.now },
      notAfter: new Date(scope.now.getTime() + 86_400_000),
    };
    await issuance.issue(
      scope,
      holder,
      keys.filter((key) => key !== undefined),
    );
    await then();
  });
}

/** So many have keys in hand that others wait for. */
async function blocked(count: number): Promise<void> {
  await eventually(async () => {
    const rows = await server.database.query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
         AND query LIKE '%INSERT INTO certificate%'`,
      [],
    );
    return rows.length >= count ? true : undefined;
  });
}

test('two who send the same keys in another order do not wait for each other: one gets them', async () => {
  const { issuance } = server.app.services;
  const [one, two, three] = await Promise.all(
    KINDS.map((kind) => issuance.prove(kind, requestFor(kind, 'challenge').csr, 'challenge')),
  );
  let racing: Promise<PromiseSettledResult<void>[]> | undefined;
  const first = certify([three], async () => {
    racing = Promise.allSettled([certify([one, three, two]), certify([two, three, one])]);
    await blocked(2);
    throw new Error('It is not committed.');
  });
  await expect(first).rejects.toThrow('It is not committed.');
  const outcomes = (await racing) ?? [];
  const refusals = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
  );
  expect(refusals).toEqual([expect.objectContaining({ code: 'CSR_REJECTED' })]);
});
