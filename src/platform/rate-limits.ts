import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { DomainError } from '../kernel/errors.js';

const DAY = 86_400;

/** So many points in so many seconds, then a pause until they have passed. */
const LIMITS = {
  /** Wrong passwords from one address. */
  'sign-in/address': { points: 100, seconds: 900 },
  /** One-time codes mailed to one user. */
  'email-code/send': { points: 6, seconds: 900 },
  /** One-time codes texted to one user. */
  'sms-code/send': { points: 4, seconds: 900 },
  /** The same texted to one number, whoever has it now. */
  'sms-code/number': { points: 12, seconds: DAY },
  /** Text messages of the whole server, for they are billed. SMS_DAILY_LIMIT says how many. */
  'sms-code/day': { points: 1000, seconds: DAY },
  /** Those of them that are invitations: however many are ordered, who signs in still gets his code. */
  'sms-invitation/day': { points: 800, seconds: DAY },
  /** The same to one number: whoever orders for himself is not to use up what all have. */
  'sms-invitation/number': { points: 12, seconds: DAY },
  /** Requests for a new password from one address, for whichever accounts. */
  'password-reset/address': { points: 30, seconds: 900 },
  /** The same for one account from one address. */
  'password-reset/account-and-address': { points: 4, seconds: 900 },
  /** Links mailed to one account at the wish of addresses it was not signed in to from; beyond it nothing is mailed, silently. */
  'password-reset/account': { points: 10, seconds: 3600 },
  /** Invitations to set a password that operators have sent again to one user. */
  'password-invitation/user': { points: 6, seconds: 3600 },
  /** Attempts from one address to set a password by a link that did not end in a password. */
  'password-link/address': { points: 60, seconds: 900 },
  /** Questions to one user's phones whether it is he. */
  'mobile-id/start': { points: 20, seconds: 900 },
  /** Ceremonies that one user begins: with his passkeys, or to add a passkey or an authenticator. */
  'methods/start': { points: 60, seconds: 900 },
  /** Proofs by who has no session yet, from one address: passkeys, certificates. */
  'proof/address': { points: 120, seconds: 900 },
  /** Token requests of one API client from one address that did not prove to be its. As many may be on their way at once. */
  'oauth/client-and-address': { points: 60, seconds: 900 },
  /** The same from anywhere but where the client is known; far above, so that a stranger locks no client out. */
  'oauth/client': { points: 600, seconds: 900 },
  /** Failed token requests from one address. */
  'oauth/address': { points: 300, seconds: 900 },
  /** Sign-ins at a SAML provider begun from one address, and not ended well. */
  'saml/begin': { points: 3000, seconds: 900 },
  /** SAML messages that nobody here asked for, with one signature of a provider: nobody uses up what others may send. */
  'saml/signature': { points: 3, seconds: 900 },
  /** Phones' calls from one address that named no known code, or proved nothing. */
  'device/address': { points: 120, seconds: 300 },
  /** Phones' calls for one enrolment. */
  'device/enrolment': { points: 60, seconds: 60 },
  /** Calls of one mobile ID's phone to renew it. */
  'device/renewal': { points: 120, seconds: 3600 },
  /** Refusals that one caller, or one address without a session, has written into the audit log. */
  'audit/refusals': { points: 120, seconds: 3600 },
  /** Changes of one user's mobile IDs by himself. */
  'profile/change': { points: 60, seconds: 3600 },
  /** Lists of confirmations that one caller sends. */
  'assigned-ids/list': { points: 120, seconds: 3600 },
  /** Imports of users that one caller begins, dry runs among them. */
  'import/start': { points: 120, seconds: 3600 },
  /** Orders of mobile IDs by one user for one user. */
  'enrolment/start': { points: 60, seconds: 3600 },
  /** Batches of orders by one caller. */
  'enrolment/batch': { points: 60, seconds: 3600 },
  /** Files of batches that one caller takes out: thousands of sheets are minutes of work. */
  'enrolment/batch-file': { points: 120, seconds: 3600 },
  /** Pages of invitations opened from one address with a code that is none. */
  'invitation/address': { points: 300, seconds: 300 },
  /** One message sent again. */
  'message/resend': { points: 10, seconds: 3600 },
  /** New codes for one enrolment. */
  'enrolment/renew': { points: 60, seconds: 3600 },
  /** Messages to try the webhook endpoints of one project with: whoever may, is not to search networks with them. */
  'webhook/test': { points: 30, seconds: 3600 },
} as const satisfies Record<string, { points: number; seconds: number }>;

export type LimitName = keyof typeof LIMITS;

/** Counts attempts in the database, for all instances together. Count first, then compare; give the point back on success. */
export class RateLimits {
  private readonly limiters: ReadonlyMap<LimitName, RateLimiterPostgres>;

  /** @param points where the operator has set others */
  constructor(
    pool: Pool,
    private readonly points: Readonly<Partial<Record<LimitName, number>>> = {},
  ) {
    this.limiters = new Map(
      (Object.keys(LIMITS) as LimitName[]).map((name) => [
        name,
        limiterOf(pool, name, this.pointsOf(name)),
      ]),
    );
  }

  /** @throws DomainError RATE_LIMITED with `retryAfterSeconds` where there is no point left */
  async take(name: LimitName, key: string): Promise<void> {
    try {
      await this.limiter(name).consume(digest(key));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      throw limited(refusal);
    }
  }

  /**
   * Looks without counting, for secrets beyond guessing whose failures alone are counted: right calls then do not wait for each
   * other at their address's row.
   * @throws DomainError RATE_LIMITED with `retryAfterSeconds` where there is no point left
   */
  async refuseExhausted(name: LimitName, key: string): Promise<void> {
    const found = await this.limiter(name).get(digest(key));
    if (found !== null && found.consumedPoints > this.pointsOf(name)) throw limited(found);
  }

  /** @returns whether there was a point left, which is taken then */
  async tryTake(name: LimitName, key: string): Promise<boolean> {
    try {
      await this.take(name, key);
      return true;
    } catch (refusal) {
      if (refusal instanceof DomainError) return false;
      throw refusal;
    }
  }

  /** For an attempt that turned out to be right. */
  async giveBack(name: LimitName, key: string): Promise<void> {
    await this.limiter(name).reward(digest(key));
  }

  private pointsOf(name: LimitName): number {
    return this.points[name] ?? LIMITS[name].points;
  }

  private limiter(name: LimitName): RateLimiterPostgres {
    const limiter = this.limiters.get(name);
    if (limiter === undefined) throw new Error(`There is no rate limit ${name}.`);
    return limiter;
  }
}

function limited({ msBeforeNext }: RateLimiterRes): DomainError {
  return new DomainError('RATE_LIMITED', {
    retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)),
  });
}

function limiterOf(pool: Pool, name: LimitName, points: number): RateLimiterPostgres {
  const { seconds } = LIMITS[name];
  return new RateLimiterPostgres({
    storeClient: pool,
    tableName: 'rate_limit',
    tableCreated: true,
    keyPrefix: name,
    points,
    duration: seconds,
    clearExpiredByTimeout: name === 'device/address', // one of them clears the table for all
  });
}

/** Keys are user names and addresses of any length, which need not stand in the table. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}
