import {
  createHash,
  randomBytes,
  randomUUID,
  scrypt as scryptCallback,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { Mistake } from './mistake.js';

const scrypt = promisify(scryptCallback);
const HASH_BYTES = 32;
const MIN_PASSWORD = 12;
const MAX_TEXT = 200;

/** This site's own registration, sign-in and sessions: nothing here knows of Signet. */
export class Accounts {
  #store;
  /** From the digest of a session's token to the id of its user. */
  #sessions = new Map();

  constructor(store) {
    this.#store = store;
  }

  /** @returns the token of his first session. @throws Mistake */
  async register({ name, email, password }) {
    if (name === '' || name.length > MAX_TEXT) throw new Mistake('Please tell us your name.');
    if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > MAX_TEXT) {
      throw new Mistake('This is no e-mail address.');
    }
    if (password.length < MIN_PASSWORD || password.length > MAX_TEXT) {
      throw new Mistake(`A password has at least ${MIN_PASSWORD} characters.`);
    }
    const salt = randomBytes(16);
    const user = {
      id: randomUUID(),
      name,
      email: email.toLowerCase(),
      salt: salt.toString('base64'),
      hash: (await scrypt(password, salt, HASH_BYTES)).toString('base64'),
      signetUserId: null,
      order: null,
      profileId: null,
    };
    if (!this.#store.add(user)) throw new Mistake('Somebody has registered with this address.');
    return this.#openSession(user);
  }

  /** @returns the token of a new session. @throws Mistake */
  async signIn({ email, password }) {
    const user = this.#store.findByEmail(email.toLowerCase());
    // Somebody unknown takes as long, so that nobody learns who is registered.
    const salt = Buffer.from(user?.salt ?? '', 'base64');
    const hash = await scrypt(password, salt, HASH_BYTES);
    const expected =
      user === undefined ? Buffer.alloc(HASH_BYTES) : Buffer.from(user.hash, 'base64');
    if (!timingSafeEqual(hash, expected) || user === undefined) {
      throw new Mistake('Address or password is wrong.');
    }
    return this.#openSession(user);
  }

  signOut(token) {
    this.#sessions.delete(digestOf(token));
  }

  /** Whose session it is; undefined where it is nobody's. */
  userOf(token) {
    const id = this.#sessions.get(digestOf(token));
    return id === undefined ? undefined : this.#store.find(id);
  }

  #openSession(user) {
    const token = randomBytes(32).toString('base64url');
    this.#sessions.set(digestOf(token), user.id);
    return token;
  }
}

function digestOf(token) {
  return createHash('sha256').update(token).digest('base64');
}
