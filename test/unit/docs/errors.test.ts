import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from '../../../src/kernel/errors';
import { ROOT, sectionOf, tableIn, textOf } from './documents';

/** `reason: 'X'`, or what makes an error with one. */
const REASON = /(?:\breason: |(?:proofRejected|rejectedRequest)\()'([A-Z][A-Z_]+)'/g;

test('the integrator’s guide tells every problem with its status and title, in the order of the table', () => {
  const told = tableIn(sectionOf('docs/integrating.md', 'Errors'))
    .filter(([code]) => /^`[A-Z_]+`$/.test(code ?? ''))
    .map(([code = '', status, title]) => [code.slice(1, -1), Number(status), title]);
  const known = Object.entries(PROBLEMS).map(([code, { status, title }]) => [code, status, title]);
  expect(told).toEqual(known);
});

test('the integrator’s guide tells every reason that an error can have', () => {
  const guide = textOf('docs/integrating.md');
  const told = new Set(guide.match(/\b[A-Z][A-Z_]+\b/g));
  const unknown = sources()
    .flatMap((source) => Array.from(source.matchAll(REASON), ([, reason = '']) => reason))
    .filter((reason) => !told.has(reason));
  expect(unknown).toEqual([]);
});

function sources(): string[] {
  return ['src/kernel', 'src/features', 'src/edge'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => textOf(join(folder, name))),
  );
}
