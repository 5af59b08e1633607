import { z } from 'zod';
import { AUTHENTICATION_METHODS, ROLES } from '../../../kernel/actor.js';
import { DomainError } from '../../../kernel/errors.js';
import { textProblem, type TextLimits } from '../../../kernel/text.js';
import { isNetwork } from '../judge/network.js';
import { isResourcePath } from '../judge/resource-path.js';
import { ACCESS_EFFECTS, CALLER_KINDS, NO_CONDITIONS, type RuleDraft } from '../judge/rule.js';
import { WEEKDAYS, isClockTime, isTimeZone } from '../judge/time-window.js';

/** A rule as a caller writes it; what is left out or null gets its default. */
export type RuleInput = z.input<typeof ruleSchema>;

/** A change of a rule: a field left out stays as it is, null sets it back where it may be empty. */
export type RulePatch = { readonly [K in keyof RuleInput]?: RuleInput[K] | null | undefined };

// RFC 6749 section 3.3: scope-token
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;
const REQUIRED = ['name', 'enabled', 'effect', 'resources', 'require'] as const;

function text(limits: TextLimits): z.ZodString {
  return z
    .string()
    .trim()
    .superRefine((value, context) => {
      const message = textProblem(value, limits);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}

function listOf<T extends z.ZodType>(entry: T, max: number): z.ZodArray<T> {
  return z.array(entry).max(max, `It must not have more than ${String(max)} entries.`);
}

function emptyUnlessGiven<T extends z.ZodType>(entry: T, max: number) {
  return listOf(entry, max)
    .nullish()
    .transform((entries) => entries ?? []);
}

const requirementSchema = z.object({
  method: z.enum(AUTHENTICATION_METHODS),
  provider: text({ max: 200 })
    .nullish()
    .transform((provider) => provider ?? null),
  maxAgeSeconds: z
    .int()
    .positive('It must be at least 1.')
    .nullish()
    .transform((seconds) => seconds ?? null),
});

const windowSchema = z.object({
  days: listOf(z.enum(WEEKDAYS), 7).min(1, 'It must name at least one day.'),
  from: z.string().refine(isClockTime, 'It must be a time such as 08:30.'),
  to: z.string().refine(isClockTime, 'It must be a time such as 17:00.'),
  timeZone: z.string().refine(isTimeZone, 'It must be an IANA time zone such as Europe/Zurich.'),
});

const conditionsSchema = z.object({
  callers: listOf(z.enum(CALLER_KINDS), 3)
    .min(1, 'It must name at least one kind of caller.')
    .nullish()
    .transform((callers) => callers ?? NO_CONDITIONS.callers),
  roles: emptyUnlessGiven(z.enum(ROLES), 3),
  groups: emptyUnlessGiven(text({ max: 200 }), 100),
  notGroups: emptyUnlessGiven(text({ max: 200 }), 100),
  networks: emptyUnlessGiven(
    z.string().refine(isNetwork, 'It must be a CIDR block such as 10.0.0.0/8 or 2001:db8::/32.'),
    100,
  ),
  windows: emptyUnlessGiven(windowSchema, 50),
  scopes: emptyUnlessGiven(z.string().regex(SCOPE, 'It must be an OAuth 2 scope.'), 50),
});

const clauseSchema = z.object({
  anyOf: listOf(requirementSchema, 20).min(1, 'It must name at least one method.'),
});

const ruleSchema = z
  .object({
    name: text({ max: 100 }),
    description: text({ min: 0, max: 2000, multiline: true })
      .nullish()
      .transform((description) => (description === '' ? null : (description ?? null))),
    enabled: z
      .boolean()
      .nullish()
      .transform((enabled) => enabled ?? true),
    effect: z.enum(ACCESS_EFFECTS),
    resources: listOf(
      z.string().refine(isResourcePath, 'It must be a resource path such as /mobile-id/get.'),
      50,
    ).min(1, 'It must name at least one resource.'),
    when: conditionsSchema.nullish().transform((when) => when ?? NO_CONDITIONS),
    require: listOf(clauseSchema, 20),
  })
  .refine(({ effect, require }) => effect === 'ALLOW' || require.length === 0, {
    path: ['require'],
    message: 'It must be empty on a rule that denies.',
  });

/** @throws DomainError INVALID_INPUT with the path of every refused field, such as `input.when.networks.0` */
export function parseRule(input: RuleInput): RuleDraft {
  const parsed = ruleSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusedFields(
    parsed.error.issues.map(({ path, message }) => ({ field: fieldPath(path), message })),
  );
}

/** The rule as it will be. @throws DomainError INVALID_INPUT, as {@link parseRule} */
export function parsePatch(current: RuleDraft, patch: RulePatch): RuleDraft {
  const cleared = REQUIRED.filter((field) => patch[field] === null);
  if (cleared.length > 0) {
    throw refusedFields(
      cleared.map((field) => ({ field: `input.${field}`, message: 'It cannot be empty.' })),
    );
  }
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  return parseRule({ ...current, ...Object.fromEntries(given) } as RuleInput);
}

export function refusedFields(
  fields: readonly { readonly field: string; readonly message: string }[],
): DomainError {
  return new DomainError('INVALID_INPUT', {
    fields: fields.map(({ field, message }) => ({ field, message })),
  });
}

function fieldPath(path: readonly PropertyKey[]): string {
  return ['input', ...path].map(String).join('.');
}
