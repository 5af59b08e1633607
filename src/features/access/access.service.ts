import type { AuthenticationMethod, RequestContext } from '../../kernel/actor.js';
import { DomainError, invalidInput, type Facts as ErrorFacts } from '../../kernel/errors.js';
import type { LostContact } from '../../kernel/lost-contact.js';
import type { Scope, Sql } from '../../platform/scope.js';
import { sharedRead } from '../../platform/shared-read.js';
import { factsOf } from './judge/facts.js';
import { judge, type AccessOutcome, type Decision } from './judge/judge.js';
import type { MissingRequirement } from './judge/requirements.js';
import { isResourcePath } from './judge/resource-path.js';
import type { Rule } from './judge/rule.js';

/** A method of signing in, as it is offered to one viewer. */
export interface SignInOption {
  readonly method: AuthenticationMethod;
  readonly provider: string | null;
  readonly label: string;
  /** Where a browser starts, for redirecting methods. */
  readonly url: string | null;
}

/** What the viewer of the scope could prove himself with, but for credentials that would prove nothing. */
export type SignInOptions = (
  scope: Scope,
  excludedCredentials: readonly string[],
) => Promise<readonly SignInOption[]>;

/** What an operation replaces, recovers, or goes without because it is lost. */
export interface NamedCredentials {
  readonly replacesProfileId?: string | null | undefined;
  readonly declaredLost?: readonly LostContact[] | null | undefined;
  readonly recoverCertificateIds?: readonly string[] | null | undefined;
}

interface MissingRequirementWithOption extends MissingRequirement {
  /** Null where it has not been set up for this viewer, or would prove nothing here. */
  readonly option: SignInOption | null;
}

export interface AccessDecision {
  readonly resource: string;
  readonly outcome: AccessOutcome;
  /** What would still open the resource. Empty unless the outcome is STEP_UP_REQUIRED. */
  readonly missing: readonly { readonly anyOf: readonly MissingRequirementWithOption[] }[];
  /** Until when, inclusive, it stays ALLOWED without being judged anew; null where nothing runs out. */
  readonly validUntil: Date | null;
}

export interface DecisionOverrides {
  /** Whether the operation changes something; false, if left out. Scopes that only read do not open it to an API client. */
  readonly isChange?: boolean;
  /** Credentials that the operation provisions, replaces or recovers: they prove nothing for it. */
  readonly excludedCredentials?: readonly string[];
}

interface Policy {
  readonly version: string;
  readonly rules: readonly Rule[];
}

const LOAD_POLICY = `
  SELECT p.version,
         coalesce(jsonb_agg(jsonb_build_object('enabled', r.enabled, 'effect', r.effect, 'resources', r.resources,
                                               'when', r.conditions, 'require', r.requirement)
                            ORDER BY r.position) FILTER (WHERE r.id IS NOT NULL), '[]') AS rules
    FROM access_policy p LEFT JOIN access_rule r ON r.enabled
   GROUP BY p.version`;

/** Judges by the rules as they stand in the database: a change holds for the next request on every instance. */
export class AccessService {
  private loaded: Policy | undefined;
  private readonly versionReads = new WeakMap<Sql, () => Promise<string | undefined>>();
  private readonly ofRequest = new WeakMap<RequestContext, Promise<Policy>>();

  constructor(private readonly signInOptions: SignInOptions) {}

  /**
   * Whether the actor of the scope may use the resource at the request's time. The rules are read once for each
   * RequestContext: what lasts longer than one operation takes a new one for each decision.
   * @throws DomainError INVALID_INPUT where `resource` is no path
   */
  async decide(
    scope: Scope,
    resource: string,
    overrides: DecisionOverrides = {},
  ): Promise<AccessDecision> {
    if (!isResourcePath(resource)) {
      throw invalidInput('resource', 'It must be a resource path such as /mobile-id/get.');
    }
    if (scope.actor.kind === 'system') {
      return { resource, outcome: 'ALLOWED', missing: [], validUntil: null };
    }
    const { rules } = await this.policyOf(scope);
    const decision = judge(rules, resource, { ...factsOf(scope, scope.actor), ...overrides });
    return this.withOptions(scope, decision, overrides.excludedCredentials);
  }

  /** @throws DomainError UNAUTHENTICATED, INSUFFICIENT_USER_AUTHENTICATION (with what is missing) or FORBIDDEN */
  async require(scope: Scope, resource: string, overrides: DecisionOverrides = {}): Promise<void> {
    const decision = await this.decide(scope, resource, overrides);
    const refusal = refusalOf(decision);
    if (refusal !== undefined) throw refusal;
  }

  /** Tells of what is missing how the actor of the scope can give it. */
  async withOptions(
    scope: Scope,
    decision: Decision,
    excludedCredentials: readonly string[] = [],
  ): Promise<AccessDecision> {
    const { missing } = decision;
    if (missing.length === 0) return { ...decision, missing: [] };
    const options = await this.signInOptions(scope, excludedCredentials);
    return {
      ...decision,
      missing: missing.map(({ anyOf }) => ({
        anyOf: anyOf.map((requirement) => ({
          ...requirement,
          option: optionFor(requirement, options),
        })),
      })),
    };
  }

  private policyOf(scope: Scope): Promise<Policy> {
    const known = this.ofRequest.get(scope.request);
    if (known !== undefined) return known;
    const policy = this.currentPolicy(scope);
    this.ofRequest.set(scope.request, policy);
    return policy;
  }

  private async currentPolicy(scope: Scope): Promise<Policy> {
    const version = await this.versionOn(scope.sql);
    if (this.loaded !== undefined && this.loaded.version === version) return this.loaded;
    const policy = await loadPolicy(scope);
    this.loaded = policy;
    return policy;
  }

  /** Requests of the same turn share the read where they share the connection. */
  private versionOn(sql: Sql): Promise<string | undefined> {
    const known = this.versionReads.get(sql);
    const read = known ?? sharedRead(() => currentVersion(sql));
    if (known === undefined) this.versionReads.set(sql, read);
    return read();
  }
}

/** The refusal that a decision asks for; undefined where it allows. */
export function refusalOf(decision: AccessDecision): DomainError | undefined {
  switch (decision.outcome) {
    case 'ALLOWED':
      return undefined;
    case 'SIGN_IN_REQUIRED':
      return new DomainError('UNAUTHENTICATED');
    case 'STEP_UP_REQUIRED':
      return new DomainError('INSUFFICIENT_USER_AUTHENTICATION', missingFacts(decision));
    case 'FORBIDDEN':
      return new DomainError('FORBIDDEN');
  }
}

function missingFacts({ resource, missing }: AccessDecision): ErrorFacts {
  return {
    resource,
    missing: missing.map(({ anyOf }) => ({
      anyOf: anyOf.map(({ lastAt, option, ...requirement }) => ({
        ...requirement,
        lastAt: lastAt?.toISOString() ?? null,
        option: option === null ? null : { ...option },
      })),
    })),
  };
}

/** A redirecting method is told how recent the proof has to be. */
function optionFor(
  requirement: MissingRequirement,
  options: readonly SignInOption[],
): SignInOption | null {
  const option = options.find((candidate) => gives(candidate, requirement));
  if (option === undefined) return null;
  const { url } = option;
  const { maxAgeSeconds } = requirement;
  if (url === null || maxAgeSeconds === null) return option;
  return {
    ...option,
    url: `${url}${url.includes('?') ? '&' : '?'}maxAge=${String(maxAgeSeconds)}`,
  };
}

function gives(option: SignInOption, requirement: MissingRequirement): boolean {
  return (
    option.method === requirement.method &&
    (requirement.provider === null || option.provider === requirement.provider)
  );
}

async function currentVersion(sql: Sql): Promise<string | undefined> {
  const [row] = await sql<{ version: string }>(
    'access.version',
    'SELECT version FROM access_policy',
    [],
  );
  return row?.version;
}

/** Rules and version in one statement, so that they belong together. Without a policy there are no rules, and all is closed. */
async function loadPolicy(scope: Scope): Promise<Policy> {
  const [row] = await scope.sql<{ version: string; rules: Rule[] }>(
    'access.load-policy',
    LOAD_POLICY,
    [],
  );
  return row ?? { version: '', rules: [] };
}
