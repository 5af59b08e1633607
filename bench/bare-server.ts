import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buildSchema, execute, parse, validate, type DocumentNode } from 'graphql';

/** The least that can answer the same query: graphql-js on node:http, without a database, a caller or a rule. */
const schema = buildSchema(`
  type Query { viewer: Viewer }
  type Viewer { user: User evidence: [Evidence!]! sessionExpiresAt: String }
  type User { id: ID! username: String! displayName: String! }
  type Evidence { method: String! at: String! }
`);
const at = '2030-01-01T00:00:00.000Z';
const rootValue = {
  viewer: {
    user: { id: '1', username: 'admin', displayName: 'Administrator' },
    evidence: [{ method: 'PASSWORD', at }],
    sessionExpiresAt: at,
  },
};
const documents = new Map<string, DocumentNode>();

function documentOf(query: string): DocumentNode {
  const known = documents.get(query);
  if (known !== undefined) return known;
  const document = parse(query);
  if (validate(schema, document).length > 0) throw new Error('The query is not valid.');
  documents.set(query, document);
  return document;
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  if (req.method !== 'POST') {
    res.end();
    return;
  }
  const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string };
  const result = JSON.stringify(await execute({ schema, document: documentOf(query), rootValue }));
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', Buffer.byteLength(result));
  res.end(result);
}

createServer((req, res) => {
  void answer(req, res);
}).listen(Number(process.argv[2]), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
