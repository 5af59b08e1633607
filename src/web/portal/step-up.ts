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

/** A way to give a proof that this page knows how to offer. */
export type ProofWay =
  | { readonly kind: 'EMAIL_CODE'; readonly label: string }
  | { readonly kind: 'PASSWORD'; readonly label: string }
  | { readonly kind: 'REDIRECT'; readonly label: string; readonly url: string };

export type StepUp =
  | { readonly kind: 'NOTHING' }
  /** Any one of `ways` settles the next clause; `more` further clauses come after it. */
  | {
      readonly kind: 'PROVE';
      readonly ways: readonly ProofWay[];
      readonly stale: boolean;
      readonly more: number;
    }
  | { readonly kind: 'IMPOSSIBLE'; readonly methods: readonly string[] };

/**
 * What to ask for next. Every clause has to be met, so one that cannot be makes the whole impossible. A password comes
 * first: it is the quicker one, and the code's few minutes then begin last.
 */
export function chooseStepUp(missing: readonly MissingClause[]): StepUp {
  const clauses = missing.map(({ anyOf }) => ({
    ways: anyOf.flatMap(wayOf),
    stale: anyOf.some(({ reason }) => reason === 'STALE'),
    methods: anyOf.map(({ method }) => method),
  }));
  const closed = clauses.find(({ ways }) => ways.length === 0);
  if (closed) return { kind: 'IMPOSSIBLE', methods: closed.methods };
  const next = clauses.find(({ ways }) => ways.some(isPassword)) ?? clauses[0];
  if (!next) return { kind: 'NOTHING' };
  return { kind: 'PROVE', ways: next.ways, stale: next.stale, more: clauses.length - 1 };
}

/** `extensions.missing` of a refusal; undefined where nothing could help or the answer has another shape. */
export function missingOf(facts: Readonly<Record<string, unknown>>): MissingClause[] | undefined {
  const { missing } = facts;
  if (!Array.isArray(missing) || missing.length === 0) return undefined;
  const clauses: unknown[] = missing;
  return clauses.every(isClause) ? clauses : undefined;
}

function wayOf({ method, option }: MissingRequirement): ProofWay[] {
  if (!option) return [];
  if (method === 'EMAIL_CODE' || method === 'PASSWORD') {
    return [{ kind: method, label: option.label }];
  }
  return isSafeUrl(option.url) ? [{ kind: 'REDIRECT', label: option.label, url: option.url }] : [];
}

/** Only this site's own paths and https: a link is never a script. */
function isSafeUrl(url: string | null | undefined): url is string {
  return typeof url === 'string' && /^(?:https:\/\/|\/(?!\/))/u.test(url);
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
