import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSealing } from '../../../src/composition/sealing';
import type { Logger } from '../../../src/platform/logger';

const oneTurn = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve));

test('entries that nobody seals are told of once, and once more when they are sealed again', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
  const dataDir = await mkdtemp(join(tmpdir(), 'signet-sealing-'));
  let waiting: object | undefined = { since: '2026-03-01T12:00:00Z', seconds: 61 };
  const auditSeals = {
    sealNext: () => Promise.resolve(null),
    holds: () => Promise.resolve(true),
    waiting: () => Promise.resolve(waiting),
  };
  const work = {
    systemRequest: () => Promise.resolve({}),
    read: () => ({}),
    change: (_request: unknown, task: (scope: unknown) => unknown) => task({}),
  };
  const lines: unknown[][] = [];
  const note = (...args: unknown[]): void => void lines.push(args);
  const log = { error: note, info: note } as unknown as Logger;
  const sealing = startSealing({ auditSeals, work } as never, dataDir, log);
  const seconds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await jest.advanceTimersByTimeAsync(1000);
      for (let turn = 0; turn < 5; turn++) await oneTurn();
    }
  };
  await seconds(200);
  expect(lines).toEqual([
    [{ since: '2026-03-01T12:00:00Z' }, expect.stringContaining('audit entries are not sealed')],
  ]);
  waiting = undefined;
  await seconds(200);
  expect(lines.slice(1)).toEqual([['audit entries are sealed again']]);
  await sealing.stop();
  await rm(dataDir, { recursive: true });
  jest.useRealTimers();
});
