import { isIP } from 'node:net';
import { FieldProblems, type Problem } from '../../../kernel/field-problems.js';
import { textProblem } from '../../../kernel/text.js';
import type { AddressGuard } from '../../../platform/address-guard.js';
import { emailProblem } from '../../users/user.service.js';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../webhook-event-types.js';

const MAX_URL = 2000;
const MAX_DESCRIPTION = 200;
const MAX_TYPES = 100;

/** What an administrator says of an endpoint. On a change, what is absent stays as it is. */
export interface EndpointInput {
  readonly url?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly alertEmail?: string | null | undefined;
  readonly enabled?: boolean | null | undefined;
}

/** What of an endpoint an administrator decides. */
export interface EndpointDraft {
  readonly url: string;
  readonly description: string;
  /** Empty: all. */
  readonly eventTypes: readonly WebhookEventType[];
  /** Who is told when it is turned off; null: nobody. */
  readonly alertEmail: string | null;
  readonly enabled: boolean;
}

/** @throws DomainError INVALID_INPUT with the path of every refused field */
export function readEndpoint(
  input: EndpointInput,
  present: EndpointDraft,
  guard: AddressGuard,
): EndpointDraft {
  const problems = new FieldProblems();
  const draft = {
    url: urlIn(input.url, present.url),
    description: given(input.description, present.description, '').normalize('NFC').trim(),
    eventTypes: typesIn(input.eventTypes, present.eventTypes, problems),
    alertEmail: given(input.alertEmail, present.alertEmail, null)?.trim() ?? null,
    enabled: input.enabled ?? present.enabled,
  };
  for (const field of ['url', 'enabled'] as const) {
    if (input[field] === null) problems.note(`input.${field}`, 'It cannot be empty.');
  }
  if (typeof input.url === 'string') problems.note('input.url', urlProblem(input.url, guard));
  if (typeof input.alertEmail === 'string') {
    problems.note('input.alertEmail', emailProblem(draft.alertEmail ?? ''));
  }
  const limits = { min: 0, max: MAX_DESCRIPTION };
  problems.note('input.description', textProblem(draft.description, limits)).refuse();
  return draft;
}

/** Absent: as it is. Null: empty. */
function given<T>(value: T | null | undefined, present: T, empty: T): T {
  return value === undefined ? present : (value ?? empty);
}

function urlIn(text: string | null | undefined, present: string): string {
  if (typeof text !== 'string' || !URL.canParse(text)) return present;
  return new URL(text).href;
}

/** What a name leads to is judged when something is sent, each time; what is an address by itself is judged here already. */
function urlProblem(text: string, guard: AddressGuard): Problem {
  if (text.length > MAX_URL) return `It must have at most ${String(MAX_URL)} characters.`;
  if (!URL.canParse(text)) return 'It must be an https URL.';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && guard.allowsNetworks)) {
    return 'It must be an https URL.';
  }
  if (url.username !== '' || url.password !== '') return 'It must not hold a user or a password.';
  return url.hash === '' ? hostProblem(url, guard) : 'It must not have a part behind #.';
}

function hostProblem({ hostname, protocol }: URL, guard: AddressGuard): Problem {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0) return undefined;
  const reach = guard.reachOf(host);
  return reach === 'allowed' || (reach === 'public' && protocol === 'https:')
    ? undefined
    : 'Its address is not of the public internet, nor in a network that WEBHOOK_ALLOWED_NETWORKS names.';
}

function typesIn(
  wanted: readonly string[] | null | undefined,
  present: readonly WebhookEventType[],
  problems: FieldProblems,
): readonly WebhookEventType[] {
  if (wanted === undefined) return present;
  if (wanted === null) return [];
  if (wanted.length > MAX_TYPES) {
    problems.note('input.eventTypes', `It must have at most ${String(MAX_TYPES)} entries.`);
  }
  const known: readonly string[] = WEBHOOK_EVENT_TYPES;
  wanted.slice(0, MAX_TYPES).forEach((type, i) => {
    const problem = known.includes(type) ? undefined : 'There are no such events.';
    problems.note(`input.eventTypes.${String(i)}`, problem);
  });
  return WEBHOOK_EVENT_TYPES.filter((type) => wanted.includes(type));
}
