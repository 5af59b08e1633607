import { buildSchema, parse, validate, type DocumentNode } from 'graphql';
import { blocksIn, documents, textOf } from './documents';

const schema = buildSchema(textOf('schema.graphql'));

/** What the README's tour has `as` and `app` ask, with what the shell would put in. */
function askedInTour(): string[] {
  const said = blocksIn('README.md', 'sh').join('\n');
  const calls = said.matchAll(
    /^(?:\w+=\$\()?(?:as \w+|app) (?:'([^']+)'|"((?:[^"\\]|\\.|\$\([^)]*\))+)")/gm,
  );
  return Array.from(calls, ([, plain, quoted = '']) => plain ?? unquoted(quoted));
}

function unquoted(text: string): string {
  return text.replace(/\$\([^)]*\)|\$\w+/g, 'something').replaceAll('\\"', '"');
}

function problemsOf(operation: string): string[] {
  let document: DocumentNode;
  try {
    document = parse(operation);
  } catch (error) {
    return [`${String(error)}: ${operation}`];
  }
  return validate(schema, document).map(({ message }) => message);
}

test('every operation of GraphQL in the documents fits the schema', () => {
  const shown = documents().flatMap((path) => blocksIn(path, 'graphql'));
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.flatMap(problemsOf)).toEqual([]);
});

test('every operation of the README’s tour fits the schema', () => {
  const asked = askedInTour();
  const calls = blocksIn('README.md', 'sh')
    .join('\n')
    .match(/\b(?:as (?:admin|alva)|app) ['"]/g);
  expect(asked).toHaveLength(calls?.length ?? 0);
  expect(asked.flatMap(problemsOf)).toEqual([]);
});
