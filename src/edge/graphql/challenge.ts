import type { DomainError, Facts } from '../../kernel/errors.js';

/** `WWW-Authenticate` of a refusal (RFC 6750 section 3, RFC 9470 section 3), or undefined where signing in is no help. */
export function challengeFor({ code, facts }: DomainError, withToken: boolean): string | undefined {
  if (code === 'UNAUTHENTICATED') {
    return withToken
      ? bearer({ error: 'invalid_token', error_description: 'The token is not valid.' })
      : bearer({});
  }
  if (code !== 'INSUFFICIENT_USER_AUTHENTICATION') return undefined;
  return bearer({
    error: 'insufficient_user_authentication',
    error_description: 'A further proof of identity is needed.',
    ...stepUp(facts),
  });
}

function bearer(parameters: Readonly<Record<string, string>>): string {
  const all = Object.entries({ realm: 'signet', ...parameters });
  return `Bearer ${all.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}

/** RFC 9470 has room for one clause: the methods that meet the first that is missing, and the strictest of their ages. */
function stepUp({ missing }: Facts): Record<string, string> {
  const [clause] = listOf(missing);
  const requirements = listOf(propertyOf(clause, 'anyOf'));
  const methods = requirements
    .map((requirement) => propertyOf(requirement, 'method'))
    .filter((method) => typeof method === 'string' && /^\w+$/.test(method));
  const ages = requirements
    .map((requirement) => propertyOf(requirement, 'maxAgeSeconds'))
    .filter((age) => typeof age === 'number');
  return {
    ...(methods.length > 0 ? { acr_values: [...new Set(methods)].join(' ') } : {}),
    ...(ages.length > 0 ? { max_age: String(Math.min(...ages)) } : {}),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
