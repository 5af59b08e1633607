import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const BENCH = resolve(__dirname, '../../../dist/bench/main.js');

test('the bench measures all that it is there for, and ends by itself', async () => {
  const child = spawn(process.execPath, [BENCH, '--quick'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];

  expect({ code, err: said.err }).toEqual({ code: 0, err: '' });
  const rows = said.out.split('\n').filter((line) => line.startsWith('| '));
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.filter((row) => /NaN|undefined|Infinity/.test(row))).toEqual([]);
  for (const subject of [
    'claim + activate, two certificates, RSA-2048 CA',
    'waiting pages: CPU of a page and second',
    'closed on another, no notification arriving',
    '`viewer`, session checked in the database',
    'start, cold',
  ]) {
    expect(rows.filter((row) => row.includes(subject))).not.toEqual([]);
  }
}, 600_000);
