import { KeyPreparationService } from '../../../src/features/enrolment/recovery/key-preparation.service.js';
import type { ChangeScope } from '../../../src/platform/scope.js';

const ID = '6d0b6c3e-8f7a-4c43-9a53-5d9d4f2b1c10';
const recovery = { id: ID, certificateIds: [ID] } as never;
const scope = { sql: () => Promise.resolve([{ userId: ID }]) } as unknown as ChangeScope;

/** Prepares a key, which is handed out so that it can be looked at afterwards. */
function preparing(keep: () => Promise<void>): { pkcs8: Buffer; done: Promise<number> } {
  const pkcs8 = Buffer.alloc(32, 7);
  const preparation = new KeyPreparationService({
    keyArchive: { open: () => Promise.resolve(pkcs8) },
    preparedKeys: { keep },
    audit: { record: () => Promise.resolve() },
  } as never);
  return { pkcs8, done: preparation.prepare(scope, recovery) };
}

test('an opened key is overwritten once it is kept', async () => {
  const { pkcs8, done } = preparing(() => Promise.resolve());
  await expect(done).resolves.toBe(1);
  expect(pkcs8).toEqual(Buffer.alloc(32));
});

test('an opened key is overwritten where it cannot be kept', async () => {
  const { pkcs8, done } = preparing(() => Promise.reject(new Error('out of reach')));
  await expect(done).rejects.toThrow('out of reach');
  expect(pkcs8).toEqual(Buffer.alloc(32));
});
