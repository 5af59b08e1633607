import { Sweeper } from '../../../src/edge/jobs/sweeper';
import type { Logger } from '../../../src/platform/logger';

test('a sweep that fails is logged once, and once more when it works again', async () => {
  const lines: string[] = [];
  const note = (...args: unknown[]): void => {
    lines.push(String(args.at(-1)));
  };
  const outcomes = [undefined, 'away', 'away', 'away', 'locked', 'locked', undefined, undefined];
  let runs = 0;
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (end = resolve));
  const sweeper = new Sweeper(
    () => {
      const outcome = outcomes[runs++];
      if (runs === outcomes.length) end();
      return outcome === undefined ? Promise.resolve() : Promise.reject(new Error(outcome));
    },
    1,
    { error: note, info: note } as unknown as Logger,
  );
  sweeper.start();
  await over;
  await sweeper.stop();
  expect(lines).toEqual(['sweep failed', 'sweep failed', 'sweep works again']);
});
