/** What an API client may be trusted with (OAuth 2 scopes). A scope that ends in `:read` changes nothing. */
export const SCOPES = [
  'enrolment:create',
  'enrolment:read',
  'users:read',
  'users:write',
  'projects:read',
  'assigned-ids:read',
  'assigned-ids:confirm',
] as const;
export type Scope = (typeof SCOPES)[number];

export function isReadingScope(scope: string): boolean {
  return scope.endsWith(':read');
}
