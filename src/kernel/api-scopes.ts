/**
 * What an API client may be trusted with (OAuth 2 scopes), and all of it: access rules say what each opens. One that ends in
 * `:read` changes nothing.
 */
export const API_SCOPES = [
  'enrolment:create',
  'enrolment:read',
  'users:read',
  'users:write',
  'members:write',
  'projects:read',
  'assigned-ids:read',
  'assigned-ids:confirm',
] as const;
export type ApiScope = (typeof API_SCOPES)[number];

export function isReadingScope(scope: string): boolean {
  return scope.endsWith(':read');
}
