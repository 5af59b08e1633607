import ipaddr from 'ipaddr.js';
import { API_SCOPES } from '../../../kernel/api-scopes.js';
import { isOpenResource } from '../judge/resource-path.js';
import type { KnownResource } from '../resource-registry.service.js';
import type { CallerKind, Requirement, RuleDraft } from '../judge/rule.js';

export interface FieldProblem {
  /** Path of the input field, such as `input.resources.0`. */
  readonly field: string;
  readonly message: string;
}

/** What the world outside of a rule has to offer. */
export interface World {
  readonly resources: {
    find(path: string): KnownResource | undefined;
    nearest(path: string): string | undefined;
  };
  /** Names of identity providers that exist. */
  readonly providers: ReadonlySet<string>;
}

/** No session lasts longer, so no evidence is ever older. */
const MAX_AGE_SECONDS = 30 * 86_400;
const KNOWN_SCOPES: ReadonlySet<string> = new Set(API_SCOPES);

/**
 * Why a rule that is well formed still makes no sense: it names what does not exist, could never match, or would never open
 * what it allows. An administrator who writes one believes in something that is not so. What is merely superfluous passes.
 */
export function senseProblems(draft: RuleDraft, world: World): FieldProblem[] {
  return [
    ...resourceProblems(draft, world),
    ...callerProblems(draft),
    ...groupProblems(draft),
    ...networkProblems(draft),
    ...scopeProblems(draft),
    ...requireProblems(draft),
    ...requirementProblems(draft, world),
  ];
}

function resourceProblems(draft: RuleDraft, { resources }: World): FieldProblem[] {
  return draft.resources.flatMap((path, i) =>
    problem(`resources.${String(i)}`, resourceProblem(path, draft, resources)),
  );
}

function resourceProblem(
  path: string,
  { effect, when }: RuleDraft,
  resources: World['resources'],
): string | undefined {
  const known = resources.find(path);
  if (known === undefined) {
    const meant = resources.nearest(path);
    return `It names no resource.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
  }
  if (effect === 'DENY') return undefined;
  if (isOpenResource(path)) return 'It stands open, and only a rule that denies can name it.';
  return when.callers.includes('API_CLIENT') && known.guards.length === 0
    ? 'It guards nothing itself, and API clients are let in only on the resource itself.'
    : undefined;
}

/** Roles and groups belong to users, scopes to API clients. */
function callerProblems({ when }: RuleDraft): FieldProblem[] {
  const only = (kind: CallerKind): boolean => when.callers.every((caller) => caller === kind);
  const hasUsers = when.callers.includes('USER');
  const users = 'Only users have them: add USER to callers.';
  return [
    ...problem('when.roles', when.roles.length > 0 && !hasUsers ? users : undefined),
    ...problem('when.groups', when.groups.length > 0 && !hasUsers ? users : undefined),
    ...problem(
      'when.scopes',
      when.scopes.length > 0 && !only('API_CLIENT')
        ? 'Only API clients have them: make API_CLIENT the one kind of caller, and write a rule of its own for people.'
        : undefined,
    ),
  ];
}

function groupProblems({ when: { groups, notGroups } }: RuleDraft): FieldProblem[] {
  const isEmpty = groups.length > 0 && groups.every((group) => notGroups.includes(group));
  return problem(
    'when.notGroups',
    isEmpty ? 'It leaves out every group that the rule is about.' : undefined,
  );
}

function networkProblems({ when }: RuleDraft): FieldProblem[] {
  return when.networks.flatMap((network, i) => {
    const base = networkAddress(network);
    const isBase = ipaddr.parse(network.split('/')[0] ?? '').toString() === base;
    return problem(
      `when.networks.${String(i)}`,
      isBase
        ? undefined
        : `The address has bits beyond the prefix: the network begins at ${base}; one address alone is /32, of IPv6 /128.`,
    );
  });
}

function networkAddress(network: string): string {
  return network.includes(':')
    ? ipaddr.IPv6.networkAddressFromCIDR(network).toString()
    : ipaddr.IPv4.networkAddressFromCIDR(network).toString();
}

function scopeProblems({ effect, when }: RuleDraft): FieldProblem[] {
  const unknown = when.scopes.flatMap((scope, i) =>
    problem(
      `when.scopes.${String(i)}`,
      KNOWN_SCOPES.has(scope) ? undefined : `It is no scope. There are ${API_SCOPES.join(', ')}.`,
    ),
  );
  const isClosed =
    effect === 'ALLOW' && when.callers.includes('API_CLIENT') && when.scopes.length === 0;
  return [
    ...unknown,
    ...problem(
      'when.scopes',
      isClosed ? 'API clients are let in only by scopes: name at least one.' : undefined,
    ),
  ];
}

function requireProblems({ when, require }: RuleDraft): FieldProblem[] {
  const isForUsers = when.callers.includes('USER');
  return problem(
    'require',
    require.length > 0 && !isForUsers
      ? 'Only users can prove anything: add USER to callers, or leave it empty.'
      : undefined,
  );
}

function requirementProblems({ require }: RuleDraft, { providers }: World): FieldProblem[] {
  return require.flatMap(({ anyOf }, i) =>
    anyOf.flatMap((requirement, j) => {
      const at = `require.${String(i)}.anyOf.${String(j)}`;
      return [
        ...problem(`${at}.method`, methodProblem(requirement)),
        ...problem(`${at}.provider`, providerProblem(requirement, providers)),
        ...problem(`${at}.maxAgeSeconds`, ageProblem(requirement)),
      ];
    }),
  );
}

function methodProblem({ method }: Requirement): string | undefined {
  return method === 'CLIENT_CREDENTIALS'
    ? 'No user has client credentials. API clients are let in by scopes.'
    : undefined;
}

function providerProblem(
  { method, provider }: Requirement,
  providers: ReadonlySet<string>,
): string | undefined {
  if (provider === null) return undefined;
  if (method !== 'SAML') return 'Only SAML has providers.';
  return providers.has(provider) ? undefined : 'There is no identity provider of this name.';
}

function ageProblem({ maxAgeSeconds }: Requirement): string | undefined {
  return (maxAgeSeconds ?? 0) > MAX_AGE_SECONDS
    ? `No session lasts longer than ${String(MAX_AGE_SECONDS)} seconds. Is it in seconds?`
    : undefined;
}

function problem(field: string, message: string | undefined): FieldProblem[] {
  return message === undefined ? [] : [{ field: `input.${field}`, message }];
}
