import { parseId } from '../../../kernel/ids.js';
import { equalSecrets, type KeyRing } from '../../../kernel/secrets.js';
import type { PasswordLinkId } from './password-link.entity.js';

const TOKEN = /^([0-9a-f]{32})\.([A-Za-z0-9_-]{43})$/;

/** What stands in the link behind '#': the link's id, and its seal by a key of the server's. Stored nowhere. */
export function passwordToken(keys: KeyRing, id: PasswordLinkId): string {
  return `${id.replaceAll('-', '')}.${seal(keys, id)}`;
}

/** The link that a token opens, or undefined for any other text. */
export function readPasswordToken(keys: KeyRing, token: string): PasswordLinkId | undefined {
  const [, hex = '', given = ''] = TOKEN.exec(token) ?? [];
  const id = parseId<PasswordLinkId>(
    hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  );
  if (id === undefined) return undefined;
  return equalSecrets(Buffer.from(given), Buffer.from(seal(keys, id))) ? id : undefined;
}

function seal(keys: KeyRing, id: PasswordLinkId): string {
  return keys.mac('password-link', id).toString('base64url');
}
