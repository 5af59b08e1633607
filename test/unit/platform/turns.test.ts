import { Turns } from '../../../src/platform/turns.js';

/** Work that ends when it is told to. */
class Work {
  readonly started: string[] = [];
  private readonly ends = new Map<string, () => void>();

  readonly of = (name: string) => (): Promise<string> =>
    new Promise((resolve) => {
      this.started.push(name);
      this.ends.set(name, () => {
        resolve(name);
      });
    });

  async end(name: string): Promise<void> {
    this.ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('so many run at once, the others in the order in which they came', async () => {
  const turns = new Turns(2);
  const work = new Work();
  const all = ['a', 'b', 'c', 'd'].map((name) => turns.run('key', work.of(name)));
  await work.end('none');
  expect(work.started).toEqual(['a', 'b']);
  await work.end('b');
  expect(work.started).toEqual(['a', 'b', 'c']);
  await work.end('a');
  expect(work.started).toEqual(['a', 'b', 'c', 'd']);
  await work.end('c');
  await work.end('d');
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd']);
});

test('different keys do not wait for each other', async () => {
  const turns = new Turns(1);
  const work = new Work();
  const all = [turns.run('one', work.of('a')), turns.run('other', work.of('b'))];
  await work.end('none');
  expect(work.started).toEqual(['a', 'b']);
  await work.end('a');
  await work.end('b');
  await Promise.all(all);
});

test('what fails gives its turn to the next, and tells its own caller', async () => {
  const turns = new Turns(1);
  const failing = turns.run('key', () => Promise.reject(new Error('it broke')));
  const next = turns.run('key', () => Promise.resolve('next'));
  await expect(failing).rejects.toThrow('it broke');
  expect(await next).toBe('next');
  expect(await turns.run('key', () => Promise.resolve('later'))).toBe('later');
});
