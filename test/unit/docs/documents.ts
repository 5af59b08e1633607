import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(__dirname, '../../..');

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Paths of all documents, from the root. */
export function documents(): string[] {
  const own = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const below = ['docs', 'examples'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
  return [...own, ...below];
}

/** The lines of a document from the heading `title` to the next one of the same depth. */
export function sectionOf(path: string, title: string): string {
  const text = textOf(path);
  const heading = new RegExp(`^(#+) ${title}$`, 'm').exec(text);
  if (heading?.[1] === undefined) throw new Error(`${path} has no section ${title}.`);
  const rest = text.slice(heading.index + heading[0].length);
  const end = rest.search(new RegExp(`^#{1,${String(heading[1].length)}} `, 'm'));
  return end < 0 ? rest : rest.slice(0, end);
}

/** What stands in the document's fenced blocks of this language. */
export function blocksIn(path: string, language: string): string[] {
  const fenced = new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^\\1\`\`\``, 'gm');
  return Array.from(textOf(path).matchAll(fenced), ([, , block = '']) => block);
}

/** The cells of each row of the section's table, without its head. */
export function tableIn(section: string): string[][] {
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The environment variables that the configuration reads, except for NODE_ENV, which is Node's. */
export function knownSettings(): string[] {
  const source = textOf('src/environment.ts');
  const schema = /z\.object\(\{([\s\S]*?)\n\}\);/.exec(source)?.[1] ?? '';
  const names = [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name ?? '');
  return names.filter((name) => name !== 'NODE_ENV');
}
