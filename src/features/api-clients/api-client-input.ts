import { API_SCOPES, type ApiScope } from '../../kernel/api-scopes.js';
import { FieldProblems } from '../../kernel/field-problems.js';
import { parseId, type ProjectId } from '../../kernel/ids.js';
import { textProblem } from '../../kernel/text.js';
import type { ApiClient } from './api-client.js';
import { parseJwks } from './client-jwks.js';

const MAX_PROJECTS = 200;
const REQUIRED = ['name', 'scopes', 'enabled'] as const;

/** What an administrator says of a client. On a change, what is absent stays as it is, and null clears. */
export interface ApiClientInput {
  readonly name?: string | null | undefined;
  readonly scopes?: readonly string[] | null | undefined;
  readonly projectIds?: readonly string[] | null | undefined;
  /** A JSON Web Key Set, as JSON. */
  readonly jwks?: string | null | undefined;
  readonly enabled?: boolean | null | undefined;
}

/** What of a client an administrator decides. */
export type ApiClientDraft = Pick<ApiClient, 'name' | 'scopes' | 'projectIds' | 'jwks' | 'enabled'>;

/** Which of these projects there are. */
export type ExistingProjects = (ids: readonly ProjectId[]) => Promise<ReadonlySet<ProjectId>>;

/**
 * The client as it will be.
 * @param prefix of the fields' paths, such as `input.`
 * @throws DomainError INVALID_INPUT with the path of every refused field
 */
export async function readDraft(
  input: ApiClientInput,
  present: ApiClientDraft,
  { prefix, existing }: { readonly prefix: string; readonly existing: ExistingProjects },
): Promise<ApiClientDraft> {
  const problems = new FieldProblems();
  for (const field of REQUIRED) {
    if (input[field] === null) problems.note(`${prefix}${field}`, 'It cannot be empty.');
  }
  const draft = {
    name: nameIn(input.name, present.name, `${prefix}name`, problems),
    scopes: scopesIn(input.scopes, present.scopes, `${prefix}scopes`, problems),
    projectIds: projectsIn(input.projectIds, present.projectIds, `${prefix}projectIds`, problems),
    jwks: jwksIn(input.jwks, present.jwks, `${prefix}jwks`, problems),
    enabled: input.enabled ?? present.enabled,
  };
  // Users belong to no project: who can make one, or choose where his links are mailed to, gets into all of them.
  const reachesOut = draft.projectIds.length > 0 && draft.scopes.includes('users:write');
  problems.note(
    `${prefix}scopes`,
    reachesOut ? 'users:write cannot be limited to projects.' : undefined,
  );
  if (input.projectIds) {
    const known = await existing(draft.projectIds);
    input.projectIds.forEach((text, i) => {
      const id = parseId<ProjectId>(text);
      const isKnown = id !== undefined && known.has(id);
      problems.note(
        `${prefix}projectIds.${String(i)}`,
        isKnown ? undefined : 'There is no such project.',
      );
    });
  }
  problems.refuse();
  return draft;
}

function nameIn(
  given: string | null | undefined,
  present: string,
  field: string,
  problems: FieldProblems,
): string {
  if (typeof given !== 'string') return present;
  const name = given.normalize('NFC').trim();
  problems.note(field, textProblem(name, { max: 100 }));
  return name;
}

function scopesIn(
  given: readonly string[] | null | undefined,
  present: readonly ApiScope[],
  field: string,
  problems: FieldProblems,
): readonly ApiScope[] {
  if (!given) return present;
  if (given.length === 0) problems.note(field, 'Choose at least one.');
  const known: readonly string[] = API_SCOPES;
  given.slice(0, MAX_PROJECTS).forEach((scope, i) => {
    const problem = known.includes(scope) ? undefined : `It must be one of ${known.join(', ')}.`;
    problems.note(`${field}.${String(i)}`, problem);
  });
  return API_SCOPES.filter((scope) => given.includes(scope));
}

function projectsIn(
  given: readonly string[] | null | undefined,
  present: readonly ProjectId[],
  field: string,
  problems: FieldProblems,
): readonly ProjectId[] {
  if (given === undefined) return present;
  if (given === null) return [];
  if (given.length > MAX_PROJECTS) {
    problems.note(field, `It must not name more than ${String(MAX_PROJECTS)} projects.`).refuse();
  }
  const ids = given.flatMap((text) => parseId<ProjectId>(text) ?? []);
  return [...new Set(ids)];
}

function jwksIn(
  given: string | null | undefined,
  present: ApiClient['jwks'],
  field: string,
  problems: FieldProblems,
): ApiClient['jwks'] {
  if (given === undefined) return present;
  return given === null ? null : parseJwks(given, field, problems);
}
