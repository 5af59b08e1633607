import { readFileSync, writeFileSync } from 'node:fs';
import { createSchemaOnly } from '../app.js';
import { printSchemaForFile } from '../edge/graphql/schema-file.js';

const FILE = 'schema.graphql';

/** `npm run schema` writes schema.graphql; with `--check` it only says whether the file is as the code makes it. */
async function main(): Promise<void> {
  const text = printSchemaForFile(await createSchemaOnly());
  if (!process.argv.includes('--check')) {
    writeFileSync(FILE, text);
    return;
  }
  const line = firstDifference(text, readFileSync(FILE, 'utf8'));
  if (line !== null) {
    process.stderr.write(
      `${FILE} is not what the code makes it, from line ${String(line)} on. Run: npm run schema\n`,
    );
    process.exitCode = 1;
  }
}

function firstDifference(made: string, found: string): number | null {
  if (made === found) return null;
  const lines = found.split('\n');
  return made.split('\n').findIndex((line, index) => line !== lines[index]) + 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
