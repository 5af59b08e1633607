import { BoundedQueue, QueueFullError } from '../../../src/platform/bounded-queue';

/** Work that ends when it is told to. */
function tasks(queue: BoundedQueue) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (caller: string, name: string): Promise<string> =>
    queue.run(caller, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, start, end };
}

const bounds = { running: 2, pending: 5, pendingPerCaller: 3 };

test('as many run at a time as may, the others in the order in which they came', async () => {
  const { begun, start, end } = tasks(new BoundedQueue(bounds));
  const all = ['a', 'b', 'c', 'd'].map((name) => start(name, name));
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('a');
  await end('c');
  await end('d');
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
});

test('one caller too greedy is turned away, another is let in, until all is full', async () => {
  const { start, end } = tasks(new BoundedQueue(bounds));
  const own = ['a', 'b', 'c'].map((name) => start('greedy', name));
  await expect(start('greedy', 'd')).rejects.toThrow(QueueFullError);
  const others = ['e', 'f'].map((name) => start(name, name));
  await expect(start('late', 'g')).rejects.toThrow(QueueFullError);
  for (const name of ['a', 'b', 'c', 'e', 'f']) await end(name);
  expect(await Promise.all([...own, ...others])).toHaveLength(5);
});

test('work that fails gives its place back', async () => {
  const queue = new BoundedQueue({ running: 1, pending: 2, pendingPerCaller: 1 });
  for (let i = 0; i < 5; i++) {
    const failing = queue.run('a', () => Promise.reject(new Error('broken')));
    const waiting = queue.run('b', () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('broken');
    expect(await waiting).toBe('done');
  }
});

test('a long run of short work starves nobody and loses nothing', async () => {
  const queue = new BoundedQueue({ running: 3, pending: 1000, pendingPerCaller: 1000 });
  let most = 0;
  let running = 0;
  const results = await Promise.all(
    Array.from({ length: 500 }, (_, i) =>
      queue.run(String(i % 7), async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running -= 1;
        return i;
      }),
    ),
  );
  expect(results).toEqual(Array.from({ length: 500 }, (_, i) => i));
  expect(most).toBe(3);
});
