import type { SignInOption } from '../../access/access.service.js';
import type { OptionSource } from '../sign-in-options.service.js';
import type { CodeMethod, OneTimeCodeService } from './one-time-code.service.js';

const LABELS: Readonly<Record<CodeMethod, (address: string) => string>> = {
  EMAIL_CODE: (address) => `Code by e-mail to ${maskedMail(address)}`,
  SMS_CODE: (number) => `Code by text message to ${maskedNumber(number)}`,
};

/** Who is signed in and can be reached this way. */
export function oneTimeCodeOptions(codes: OneTimeCodeService, method: CodeMethod): OptionSource {
  return (_scope, { user, excludedCredentials }) => {
    const address = user && codes.addressOf(method, user);
    const isOffered = address !== null && !excludedCredentials.includes(address);
    return Promise.resolve(isOffered ? [optionOf(method, address)] : []);
  };
}

function optionOf(method: CodeMethod, address: string): SignInOption {
  return { method, provider: null, label: LABELS[method](address), url: null };
}

/** `alva@example.org` becomes `a…@example.org`: enough for its owner. */
function maskedMail(address: string): string {
  const at = address.lastIndexOf('@');
  return `${Array.from(address)[0] ?? ''}…${address.slice(at)}`;
}

/** `+41441234567` becomes `+41…67`. */
function maskedNumber(number: string): string {
  return `${number.slice(0, 3)}…${number.slice(-2)}`;
}
