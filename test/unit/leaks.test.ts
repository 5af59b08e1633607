import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findLeaks } from '../helpers/leaks.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signet-leaks-'));
  await mkdir(join(folder, 'evidence'));
  await writeFile(
    join(folder, 'secrets.txt'),
    'correct horse battery staple\nabcDEF_-123\n482913\n',
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function leaksIn(text: string): Promise<string[]> {
  await writeFile(join(folder, 'evidence', 'server.log'), text);
  return findLeaks(folder);
}

test.each([
  'signed in with correct horse battery staple',
  '{"token":"abcDEF_-123"}',
  'public.outbox (7,"{""code"":""482913""}")',
  'the code 482913 was mailed',
  'abcDE abcDEF_-12 abcDEF_-123',
])('a secret is found in %j', async (line) => {
  const leaks = await leaksIn(`fine\n${line}\n`);
  expect(leaks).toHaveLength(1);
  expect(leaks[0]).toMatch(/^server\.log:2 /);
});

test.each(['nothing of that kind', 'at 12:00:00.482913+00', 'id 8b1f482913aa', 'serial 1482913'])(
  'nothing is found in %j',
  async (line) => {
    expect(await leaksIn(line)).toEqual([]);
  },
);

test('what was found does not repeat the secret', async () => {
  const [leak] = await leaksIn('abcDEF_-123');
  expect(leak).not.toContain('abcDEF');
});
