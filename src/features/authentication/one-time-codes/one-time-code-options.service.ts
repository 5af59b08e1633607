import type { SignInOption } from '../../access/access.service.js';
import type { OptionSource } from '../sign-in-options.service.js';

/** Who is signed in and has an address. */
export const emailCodeOptions: OptionSource = (_scope, { user }) =>
  Promise.resolve(typeof user?.email === 'string' ? [mailTo(user.email)] : []);

function mailTo(address: string): SignInOption {
  return {
    method: 'EMAIL_CODE',
    provider: null,
    label: `Code by e-mail to ${masked(address)}`,
    url: null,
  };
}

/** `alva@example.org` becomes `a…@example.org`: enough for its owner. */
function masked(address: string): string {
  const at = address.lastIndexOf('@');
  return `${Array.from(address)[0] ?? ''}…${address.slice(at)}`;
}
