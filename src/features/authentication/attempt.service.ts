import type { AuthenticationMethod } from '../../kernel/actor.js';
import type { UserId } from '../../kernel/ids.js';
import type { RateLimits } from '../../platform/rate-limits.js';

/** Methods whose failures are counted for each user; PASSWORD counts by account and address, as strangers can try it. */
export type CountedMethod = Extract<
  AuthenticationMethod,
  'EMAIL_CODE' | 'SMS_CODE' | 'TOTP' | 'PASSKEY' | 'MOBILE_ID' | 'CLIENT_CERTIFICATE'
>;

/** One attempt at proving something, counted before anything is compared. */
export interface Attempt {
  readonly method: CountedMethod;
  readonly userId: UserId;
}

/** Counts attempts: so many wrong ones lock the method for a time. */
export class AttemptService {
  constructor(private readonly limits: RateLimits) {}

  /** To be called outside of transactions. @throws DomainError RATE_LIMITED with `retryAfterSeconds` while the method is locked */
  async count(method: CountedMethod, userId: UserId): Promise<Attempt> {
    await this.limits.take(`proof/${method}`, userId);
    return { method, userId };
  }

  /** It was right, and does not count against the user. */
  async succeeded({ method, userId }: Attempt): Promise<void> {
    await this.limits.giveBack(`proof/${method}`, userId);
  }
}
