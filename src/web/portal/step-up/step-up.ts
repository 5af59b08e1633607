/** One proof the server would take, as `missing` names it. */
export interface MissingRequirement {
  readonly method: string;
  readonly maxAgeSeconds?: number | null;
  readonly reason: string;
  /** Null where this viewer has not set the method up. */
  readonly option?: { readonly label: string; readonly url?: string | null } | null;
}
export interface MissingClause {
  readonly anyOf: readonly MissingRequirement[];
}

const ON_PAGE = [
  'PASSWORD',
  'PASSKEY',
  'EMAIL_CODE',
  'SMS_CODE',
  'TOTP',
  'CLIENT_CERTIFICATE',
  'MOBILE_ID',
] as const;

/** What can be proven without leaving the page. */
type MethodOnPage = (typeof ON_PAGE)[number];

/** A way to give a proof that this page knows how to offer. */
export type ProofWay =
  | { readonly kind: MethodOnPage; readonly label: string }
  | { readonly kind: 'REDIRECT'; readonly label: string; readonly url: string };

/** Why what was proven before does not count. */
type Reason = 'ABSENT' | 'STALE' | 'SAME_CREDENTIAL';

export type StepUp =
  | { readonly kind: 'NOTHING' }
  /** Any one of `ways` settles the next clause; `more` further clauses come after it. */
  | {
      readonly kind: 'PROVE';
      readonly ways: readonly ProofWay[];
      readonly reason: Reason;
      readonly more: number;
    }
  | {
      readonly kind: 'IMPOSSIBLE';
      readonly reason: Reason;
    };

/** Only these can be given again by something else of the same kind: a second passkey, a second authenticator app … */
const SEVERAL = ['PASSKEY', 'TOTP', 'CLIENT_CERTIFICATE', 'MOBILE_ID', 'SAML'];

/**
 * What to ask for next. Every clause has to be met, so one that cannot be makes the whole impossible. A password comes
 * first: it is the quicker one, and the code's few minutes then begin last. `returnTo` is where redirects come back to.
 */
export function chooseStepUp(missing: readonly MissingClause[], returnTo: string): StepUp {
  const clauses = missing.map(({ anyOf }) => ({
    ways: distinct(anyOf.flatMap((requirement) => wayOf(requirement, returnTo))),
    reason: reasonOf(anyOf),
  }));
  const closed = clauses.find(({ ways }) => ways.length === 0);
  if (closed) return { kind: 'IMPOSSIBLE', reason: closed.reason };
  const next = clauses.find(({ ways }) => ways.some(isPassword)) ?? clauses[0];
  if (!next) return { kind: 'NOTHING' };
  return { kind: 'PROVE', ways: next.ways, reason: next.reason, more: clauses.length - 1 };
}

/** `extensions.missing` of a refusal; undefined where nothing could help or the answer has another shape. */
export function missingOf(facts: Readonly<Record<string, unknown>>): MissingClause[] | undefined {
  const { missing } = facts;
  if (!Array.isArray(missing) || missing.length === 0) return undefined;
  const clauses: unknown[] = missing;
  return clauses.every(isClause) ? clauses : undefined;
}

/** What a viewer who is not signed in may begin with, in the order in which the server names them. */
export function waysToSignIn(
  options: readonly {
    readonly method: string;
    readonly label: string;
    readonly url?: string | null;
  }[],
): ProofWay[] {
  return options.flatMap(({ method, label, url }) => wayBy(method, label, url));
}

function wayOf(
  { method, reason, maxAgeSeconds, option }: MissingRequirement,
  returnTo: string,
): ProofWay[] {
  if (!option || (reason === 'SAME_CREDENTIAL' && !SEVERAL.includes(method))) return [];
  const url = isSafeUrl(option.url) ? comingBack(option.url, returnTo, maxAgeSeconds) : null;
  return wayBy(method, option.label, url);
}

function wayBy(method: string, label: string, url: string | null | undefined): ProofWay[] {
  const kind = ON_PAGE.find((one) => one === method);
  if (kind !== undefined) return [{ kind, label }];
  return isSafeUrl(url) ? [{ kind: 'REDIRECT', label, url }] : [];
}

/** Only this site's own paths and https: a link is never a script. */
function isSafeUrl(url: string | null | undefined): url is string {
  return typeof url === 'string' && /^(?:https:\/\/|\/(?![/\\]))/u.test(url);
}

/** A sign-in of this server is told where to come back to, and how old the answer may be at most. */
function comingBack(url: string, returnTo: string, maxAgeSeconds?: number | null): string {
  if (!url.startsWith('/')) return url;
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (!searchParams.has('returnTo')) searchParams.set('returnTo', returnTo);
  if (typeof maxAgeSeconds === 'number') searchParams.set('maxAge', String(maxAgeSeconds));
  return `${pathname}?${searchParams.toString()}`;
}

/** Two rules may name the same way with different ages. */
function distinct(ways: readonly ProofWay[]): ProofWay[] {
  return [...new Map(ways.map((way) => [`${way.kind} ${way.label}`, way])).values()];
}

function reasonOf(anyOf: readonly MissingRequirement[]): Reason {
  if (anyOf.some(({ reason }) => reason === 'SAME_CREDENTIAL')) return 'SAME_CREDENTIAL';
  return anyOf.some(({ reason }) => reason === 'STALE') ? 'STALE' : 'ABSENT';
}

function isPassword(way: ProofWay): boolean {
  return way.kind === 'PASSWORD';
}

function isClause(value: unknown): value is MissingClause {
  if (typeof value !== 'object' || value === null || !('anyOf' in value)) return false;
  return Array.isArray(value.anyOf) && value.anyOf.every(isRequirement);
}

function isRequirement(value: unknown): value is MissingRequirement {
  return (
    typeof value === 'object' &&
    value !== null &&
    'method' in value &&
    typeof value.method === 'string' &&
    'reason' in value &&
    typeof value.reason === 'string'
  );
}
