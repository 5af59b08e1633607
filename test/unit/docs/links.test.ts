import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents, ROOT, textOf } from './documents';

function allLinksIn(path: string): string[] {
  const links = [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? '');
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

/** Relative links of Markdown, pictures included, without their anchors. */
function linksIn(path: string): string[] {
  return allLinksIn(path)
    .filter((link) => !link.startsWith('#'))
    .map((link) => link.replace(/#.*$/, ''));
}

/** As GitHub makes them of headings. */
function anchorsOf(path: string): string[] {
  return Array.from(textOf(path).matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function scriptsIn(path: string): string[] {
  const called = [...textOf(path).matchAll(/npm run ([\w:]+)(?![\w:*])/g)];
  return called.map(([, name]) => name ?? '');
}

test('every link in the documents leads to a file that is there', () => {
  const dead = documents().flatMap((path) =>
    linksIn(path)
      .filter((link) => !existsSync(join(ROOT, dirname(path), link)))
      .map((link) => `${path}: ${link}`),
  );
  expect(dead).toEqual([]);
});

test('every link to a section of a document leads to one that is there', () => {
  const dead = documents().flatMap((path) =>
    allLinksIn(path).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor);
    }),
  );
  expect(dead).toEqual([]);
});

test('every script that the documents call is there', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const unknown = documents().flatMap((path) =>
    scriptsIn(path)
      .filter((name) => scripts[name] === undefined)
      .map((name) => `${path}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('a signal to npm start reaches the server, and not only the shell before it', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  expect(scripts['start']).toMatch(/^exec node /);
});

test('decisions are numbered without gaps, and the list of them is complete', () => {
  const files = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => /^\d{4}-/.test(name));
  const numbers = files.map((name) => Number(name.slice(0, 4))).sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  const listed = new Set(linksIn('docs/decisions/README.md'));
  expect(files.filter((name) => !listed.has(name))).toEqual([]);
});
