import { graphqlOver, headersOf, type GraphqlAnswer } from './graphql';
import type { TestServer } from './server';

type Args = Readonly<Record<string, unknown>>;

const IMPORT = `dryRun rows encoding separator ignoredColumns added invited updated removed kept unchanged members
  maxRemovedPercent removesTooMany problemCount problems { line column message }
  changes { action line displayName email hostId syncId changed before { name email hostId syncId } hasAccount returns isShared invites }`;

const TYPES: Readonly<Record<string, string>> = {
  projectId: 'ID!',
  csv: 'String!',
  dryRun: 'Boolean',
  maxRemovedPercent: 'Int',
  changeShared: 'Boolean',
  invite: 'Boolean',
};

export function tryImport(
  { url }: Pick<TestServer, 'url'>,
  token: string | undefined,
  args: Args,
): Promise<GraphqlAnswer<any>> {
  const names = Object.keys(args);
  const declared = names.map((name) => `$${name}: ${TYPES[name] ?? ''}`).join(', ');
  const passed = names.map((name) => `${name}: $${name}`).join(', ');
  return graphqlOver(url)(`mutation (${declared}) { importUsers(${passed}) { ${IMPORT} } }`, args, {
    token,
  });
}

/** Not a dry run, unless it says so. @throws Error where it is refused */
export async function importUsers(
  server: Pick<TestServer, 'url'>,
  token: string,
  args: Args,
): Promise<any> {
  const { data, errors } = await tryImport(server, token, { dryRun: false, ...args });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.importUsers;
}

export interface Posted {
  readonly status: number;
  readonly headers: Headers;
  /** Lines of NDJSON, or the one answer. */
  readonly lines: readonly any[];
}

/** A file to `POST /imports/users`. */
export async function postImport(
  { url }: Pick<TestServer, 'url'>,
  token: string | undefined,
  {
    query = {},
    body,
    headers = {},
  }: {
    readonly query?: Readonly<Record<string, string>>;
    readonly body: string | Uint8Array | ReadableStream<Uint8Array>;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Promise<Posted> {
  const response = await fetch(`${url}/imports/users?${new URLSearchParams(query).toString()}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', ...headersOf({ token }), ...headers },
    body: body as BodyInit,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  });
  const text = await response.text();
  const lines = text.split('\n').filter((line) => line !== '');
  return {
    status: response.status,
    headers: response.headers,
    lines: lines.map((line) => JSON.parse(line) as unknown),
  };
}

/** Rows with a header before them. */
export function csvOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  separator = ',',
): string {
  const quoted = (text: string): string =>
    /["\n\r,;\t|]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  return [header, ...rows].map((row) => `${row.map(quoted).join(separator)}\n`).join('');
}
