import { auditServer } from 'graphql-http';

/** The conformance suite of graphql-http: titles of the audits that failed, of those whose title begins with `level`. */
export async function failedAudits(url: string, level: 'MUST' | 'SHOULD'): Promise<string[]> {
  const results = await auditServer({ url });
  return results
    .filter(({ name, status }) => name.startsWith(level) && status !== 'ok')
    .map(({ id, name }) => `${id} ${name}`);
}
