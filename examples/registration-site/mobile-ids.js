import { randomUUID } from 'node:crypto';
import { Mistake } from './mistake.js';
import { SignetError } from './signet.js';

/** What this site's users are in at Signet, so that access rules can speak of them. */
const GROUP = 'registration-site';
/** Of orders and of mobile IDs, the states that are for good. */
const FINAL_ORDER = ['ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED'];
const OVER = ['REVOKED', 'EXPIRED'];
/** The order that was found again may just have ended, so that another is made. */
const ATTEMPTS = 3;

const FIND_USER = `query ($externalId: String!) { user(externalId: $externalId) { id } }`;

const CREATE_USER = `mutation ($input: CreateUserInput!) { createUser(input: $input) { id } }`;

const ORDER = `mutation ($userId: ID!, $input: StartEnrolmentInput!) {
  startEnrolmentForUser(userId: $userId, input: $input) {
    watchToken
    enrolment { id status codeExpiresAt qr { png(size: 320) uri } }
  }
}`;

const OUTCOME = `query ($id: ID!) {
  enrolment(id: $id) { status user { id } profile { id } }
}`;

const PROFILE = `query ($id: ID!) { profile(id: $id) { id state validTo device { name } } }`;

/**
 * The mobile IDs of this site's users. Of each user it keeps `signetUserId`, `order` (the one that is not finished) and `profileId`.
 * What a browser says of them is never believed: Signet is asked.
 */
export class MobileIds {
  #signet;
  #projectId;
  #store;

  constructor({ signet, projectId, store }) {
    this.#signet = signet;
    this.#projectId = projectId;
    this.#store = store;
  }

  /**
   * Orders a mobile ID; for who has an order that is not finished, finds that one again, with its QR code of now.
   * @returns what the page needs to show the code and to watch. The watch token opens this one enrolment and nothing else.
   * @throws Mistake where he has a mobile ID; SignetError
   */
  async order(user) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const mobileId = await this.current(user);
      if (mobileId !== null && !OVER.includes(mobileId.state)) {
        throw new Mistake('You have a mobile ID already.');
      }
      const started = await this.#start(user, await this.#signetUser(user));
      if (started !== undefined) return started;
    }
    throw new Error('Each order was over at once.');
  }

  /** Takes over what has become of the user's order. To be called as often as one likes. */
  async settle(user) {
    const enrolmentId = user.order?.enrolmentId;
    if (!enrolmentId) return;
    const { enrolment } = await this.#signet.call(OUTCOME, { id: enrolmentId });
    if (enrolment !== null && !FINAL_ORDER.includes(enrolment.status)) return;
    if (user.order?.enrolmentId !== enrolmentId) return; // settled by another request meanwhile
    const isHis = enrolment?.status === 'ACTIVE' && enrolment.user.id === user.signetUserId;
    const gained = isHis ? { profileId: enrolment.profile.id } : {};
    this.#store.update(user, { order: null, ...gained });
  }

  /** The user's mobile ID as it stands now; null where he has none. */
  async current(user) {
    await this.settle(user);
    if (user.profileId === null) return null;
    const { profile } = await this.#signet.call(PROFILE, { id: user.profileId });
    return profile;
  }

  /** Undefined where the order that was not finished has come to its end meanwhile. */
  async #start(user, signetUserId) {
    // Kept before it is sent: if the answer is lost, the same key finds the same order instead of making another.
    if (user.order === null) {
      this.#store.update(user, { order: { key: randomUUID(), enrolmentId: null } });
    }
    const { key } = user.order;
    const started = await this.#place(user, signetUserId, key);
    if (started === undefined) return undefined;
    if (user.order?.key === key) {
      this.#store.update(user, { order: { key, enrolmentId: started.enrolment.id } });
    }
    return FINAL_ORDER.includes(started.enrolment.status) ? undefined : started;
  }

  async #place(user, signetUserId, key) {
    const input = { projectId: this.#projectId, channel: 'SCREEN', idempotencyKey: key };
    try {
      const data = await this.#signet.call(ORDER, { userId: signetUserId, input });
      return data.startEnrolmentForUser;
    } catch (error) {
      if (!isCode(error, 'CONFLICT')) throw error;
      // The key stands for another order: this site was given another project meanwhile.
      this.#store.update(user, { order: null });
      return undefined;
    }
  }

  /** Signet's user for ours, by our own id: made at the first order. */
  async #signetUser(user) {
    if (user.signetUserId !== null) return user.signetUserId;
    const signetUserId = (await this.#find(user)) ?? (await this.#create(user));
    this.#store.update(user, { signetUserId });
    return signetUserId;
  }

  async #find({ id }) {
    const data = await this.#signet.call(FIND_USER, { externalId: id });
    return data.user?.id;
  }

  async #create(user) {
    const input = {
      externalId: user.id,
      // Names are unique in all of Signet: nobody may take another one's by registering here under it.
      username: `site-${user.id}`,
      displayName: user.name,
      groups: [GROUP],
      // He signs in here, not at Signet. An address would stand in his certificates: hand it over once it is verified.
      invite: false,
    };
    try {
      return (await this.#signet.call(CREATE_USER, { input })).createUser.id;
    } catch (error) {
      const made = isCode(error, 'CONFLICT') ? await this.#find(user) : undefined;
      if (made === undefined) throw error;
      return made; // by a second click, at the same time
    }
  }
}

function isCode(error, code) {
  return error instanceof SignetError && error.code === code;
}
