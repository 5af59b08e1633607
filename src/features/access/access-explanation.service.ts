import { isIP } from 'node:net';
import type { Actor, AuthenticationMethod, Role } from '../../kernel/actor.js';
import { DomainError } from '../../kernel/errors.js';
import { newId, type ApiClientId, type UserId } from '../../kernel/ids.js';
import { FieldProblems, type Problem } from '../../kernel/field-problems.js';
import type { Scope } from '../../platform/scope.js';
import type { AccessRuleService } from './rules/access-rule.service.js';
import type { AccessDecision, AccessService } from './access.service.js';
import { explain, type Verdict } from './judge/explain.js';
import { factsOf } from './judge/facts.js';
import { judge } from './judge/judge.js';
import { isOpenResource, isResourcePath } from './judge/resource-path.js';
import type { ResourceRegistry } from './resource-registry.service.js';
import type { AccessRule } from './judge/rule.js';

/** The case that an administrator puts. */
export interface AccessQuestion {
  readonly resource: string;
  readonly userId?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly evidence: readonly StatedEvidence[];
  /** The caller's own, if left out. */
  readonly address?: string | null | undefined;
  /** Left out: whether all that the resource guards does. */
  readonly isChange?: boolean | null | undefined;
}
interface StatedEvidence {
  readonly method: AuthenticationMethod;
  readonly provider?: string | null;
  readonly ageSeconds: number;
}

export interface AccessExplanation {
  readonly decision: AccessDecision;
  readonly verdicts: readonly Verdict<AccessRule>[];
  /** What keeps the caller out beside the rules. */
  readonly note: string | null;
}

export interface ExplanationPorts {
  readonly access: AccessService;
  readonly rules: AccessRuleService;
  readonly resources: Pick<ResourceRegistry, 'onlyChanges'>;
  readonly findUser: (scope: Scope, id: string) => Promise<ExplainedUser | undefined>;
  readonly findClient: (scope: Scope, id: string) => Promise<ExplainedClient | undefined>;
}
interface ExplainedUser {
  readonly id: UserId;
  readonly username: string;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly state: string;
}
interface ExplainedClient {
  readonly id: ApiClientId;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly enabled: boolean;
}

type Person = Exclude<Actor, { kind: 'system' }>;
interface Subject {
  readonly actor: Person;
  readonly note: string | null;
}

const MAX_EVIDENCE = 50;
const SIGNED_OFF = 'Only an active user gets past signing in: this one is';

/** Answers "why may this user not …": the decision on a stated case, with the verdict of every rule that has a part in it. */
export class AccessExplanationService {
  constructor(private readonly ports: ExplanationPorts) {}

  /** @throws DomainError INVALID_INPUT; NOT_FOUND for a user or an API client that does not exist */
  async explain(scope: Scope, question: AccessQuestion): Promise<AccessExplanation> {
    checkQuestion(question);
    const { access, rules, resources } = this.ports;
    const { resource } = question;
    const { actor, note } = await this.subjectOf(scope, question);
    const request = { ...scope.request, actor, address: question.address ?? scope.request.address };
    const stated = { ...scope, actor, request };
    const isChange = question.isChange ?? resources.onlyChanges(resource);
    const facts = { ...factsOf(stated, actor), isChange };
    const all = await rules.list(scope);
    const verdicts = explain(all, resource, facts);
    if (note !== null && !isOpenResource(resource)) {
      const decision = { resource, outcome: 'FORBIDDEN' as const, missing: [], validUntil: null };
      return { decision, verdicts, note };
    }
    const decision = await access.withOptions(stated, judge(all, resource, facts));
    return { decision, verdicts, note: null };
  }

  private async subjectOf(scope: Scope, question: AccessQuestion): Promise<Subject> {
    const { userId, clientId } = question;
    if (typeof userId === 'string') return this.userSubject(scope, userId, question);
    if (typeof clientId === 'string') return this.clientSubject(scope, clientId);
    return { actor: { kind: 'anonymous' }, note: null };
  }

  private async userSubject(
    scope: Scope,
    userId: string,
    { evidence }: AccessQuestion,
  ): Promise<Subject> {
    const user = await this.ports.findUser(scope, userId);
    if (user === undefined) throw new DomainError('NOT_FOUND');
    const { id, username, roles, groups, state } = user;
    const given = evidence.map(({ method, provider = null, ageSeconds }) => {
      const at = new Date(scope.now.getTime() - ageSeconds * 1000);
      return { method, provider, credential: '', at };
    });
    const session = { sessionId: newId<never>(), sessionExpiresAt: scope.now, evidence: given };
    const actor = { kind: 'user' as const, userId: id, username, roles, groups, ...session };
    return { actor, note: state === 'ACTIVE' ? null : `${SIGNED_OFF} ${state}.` };
  }

  private async clientSubject(scope: Scope, apiClientId: string): Promise<Subject> {
    const client = await this.ports.findClient(scope, apiClientId);
    if (client === undefined) throw new DomainError('NOT_FOUND');
    const { id, name, scopes, enabled } = client;
    const token = { projectIds: [], tokenIssuedAt: scope.now, tokenExpiresAt: scope.now };
    const actor = { kind: 'client' as const, apiClientId: id, name, scopes, ...token };
    return { actor, note: enabled ? null : 'This API client is not enabled, and gets no token.' };
  }
}

function checkQuestion(question: AccessQuestion): void {
  const { resource, userId, clientId, evidence, address } = question;
  const isUser = typeof userId === 'string';
  const problems = new FieldProblems()
    .note('resource', unless(isResourcePath(resource), 'It must be a path such as /mobile-id/get.'))
    .note(
      'clientId',
      unless(!isUser || typeof clientId !== 'string', 'Ask about a user or an API client.'),
    )
    .note('evidence', unless(evidence.length === 0 || isUser, 'Only a user has evidence.'))
    .note('evidence', unless(evidence.length <= MAX_EVIDENCE, 'It has too many entries.'))
    .note(
      'address',
      unless(typeof address !== 'string' || isIP(address) !== 0, 'It must be an IP address.'),
    );
  for (const [i, { ageSeconds }] of evidence.entries()) {
    problems.note(
      `evidence.${String(i)}.ageSeconds`,
      unless(ageSeconds >= 0, 'It must not be negative.'),
    );
  }
  problems.refuse();
}

function unless(isGood: boolean, message: string): Problem {
  return isGood ? undefined : message;
}
