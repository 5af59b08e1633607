import { expandTemplate } from '../../../kernel/template.js';

/** What the link that registers an assigned ID can be made of. */
export const REGISTRATION_PLACEHOLDERS = [
  'assignedId',
  'registrationToken',
  'projectName',
] as const;
type RegistrationPlaceholder = (typeof REGISTRATION_PLACEHOLDERS)[number];

/** Each value is escaped, so that none begins a new part of the URL (RFC 3986 2.2). */
export function registrationUrlOf(
  template: string,
  values: Readonly<Record<RegistrationPlaceholder, string>>,
): string {
  const escaped = Object.entries(values).map(([name, value]) => [name, encodeURIComponent(value)]);
  return expandTemplate(template, Object.fromEntries(escaped) as Record<string, string>);
}
