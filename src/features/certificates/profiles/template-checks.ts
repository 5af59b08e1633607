import type { Problem } from '../../../kernel/field-problems.js';
import { strictPlaceholderProblem } from '../../../kernel/template.js';
import { textProblem } from '../../../kernel/text.js';
import type { SubjectAltNameTemplate } from './certificate-profile.js';

/** What the parts of a subject can be made of. */
export const NAME_PLACEHOLDERS = [
  'displayName',
  'username',
  'email',
  'profileId',
  'projectName',
] as const;
export type NamePlaceholder = (typeof NAME_PLACEHOLDERS)[number];

/** What tells one holder from another: names that anybody may have are no part of an address. */
const IDENTIFIERS = ['username', 'email', 'profileId'] as const;

const MAX_TEMPLATE_CHARACTERS = 200;
/** RFC 3986 section 3: the scheme, and the authority where there is one, are the administrator's own. */
const ABSOLUTE_URI =
  /^(?<scheme>[a-z][a-z0-9+.-]*):(?:\/\/(?<host>[^/?#{}@]+)(?:[/?#]|$))?[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%{}]*$/i;
/** RFC 5280 4.2.1.6: a fully qualified name or an address. */
const HOST =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i;
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i;
/** A certificate is opened in viewers: nothing that runs there, or reads the viewer's own files. */
const ACTIVE_SCHEMES = ['javascript', 'vbscript', 'data', 'file', 'blob', 'about'];

export function altNameProblem({ type, value }: SubjectAltNameTemplate): Problem {
  const problem =
    textProblem(value, { max: MAX_TEMPLATE_CHARACTERS }) ??
    strictPlaceholderProblem(value, IDENTIFIERS);
  if (problem !== undefined) return problem;
  return type === 'URI' ? uriProblem(value) : addressProblem(value);
}

function uriProblem(value: string): Problem {
  const { scheme, host } = ABSOLUTE_URI.exec(value)?.groups ?? {};
  // RFC 5280 4.2.1.6: a scheme and a scheme-specific part; never relative
  const isEmpty = scheme !== undefined && value.length === scheme.length + 1;
  const hasBadHost = host === undefined ? value.includes('://') : !HOST.test(host);
  if (scheme === undefined || isEmpty || hasBadHost || BAD_ESCAPE.test(value)) {
    return 'It must be an absolute URI, with no placeholder in its scheme or host.';
  }
  return ACTIVE_SCHEMES.includes(scheme.toLowerCase())
    ? 'A URI of this scheme must not stand in a certificate.'
    : undefined;
}

/** `{email}` alone, or an own local part at a domain of the administrator's. */
function addressProblem(value: string): Problem {
  if (value === '{email}') return undefined;
  const [local = '', domain, ...more] = value.split('@');
  const isAddress = domain !== undefined && more.length === 0 && local !== '' && domain !== '';
  return isAddress && !/[{}]/.test(domain) && !local.includes('{email}')
    ? undefined
    : 'It must be {email}, or {username} or {profileId} with a fixed domain behind an @.';
}
