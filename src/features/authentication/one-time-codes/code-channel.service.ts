import type { KeyPurpose } from '../../../kernel/secrets.js';
import type { ChangeScope } from '../../../platform/scope.js';
import type { NotificationService } from '../../notifications/notification.service.js';
import type { User } from '../../users/user.service.js';
import type { CodeMethod } from './one-time-code.entity.js';

/** What one method of sending codes does in its own way. */
export interface CodeChannel {
  readonly codeKey: KeyPurpose;
  readonly hashKey: KeyPurpose;
  /** Null where the user cannot be reached this way. */
  addressOf(user: Pick<User, 'email' | 'phone'>): string | null;
  /** Has the code sent once the transaction is committed. */
  send(scope: ChangeScope, id: string): Promise<void>;
}

/** @param smsIsSent whether there is anything that sends text messages */
export function codeChannels(
  notifications: NotificationService,
  smsIsSent: boolean,
): Readonly<Record<CodeMethod, CodeChannel>> {
  return {
    EMAIL_CODE: {
      codeKey: 'email-code',
      hashKey: 'email-code-hash',
      addressOf: ({ email }) => email,
      send: (scope, id) => notifications.notify(scope, 'SIGN_IN_CODE', id),
    },
    SMS_CODE: {
      codeKey: 'sms-code',
      hashKey: 'sms-code-hash',
      addressOf: ({ phone }) => (smsIsSent ? phone : null),
      send: (scope, id) => notifications.text(scope, 'SIGN_IN_CODE', id),
    },
  };
}
