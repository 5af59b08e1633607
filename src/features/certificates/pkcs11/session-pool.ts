import type * as Pkcs11Library from 'pkcs11js';
import { StartupError } from '../../../kernel/startup-error.js';

type Library = typeof Pkcs11Library;
type Session = Pkcs11Library.Handle;

/** As many things are done in the token at once. */
const MAX_SESSIONS = 4;

interface Waiting {
  readonly resolve: (session: Session) => void;
  readonly reject: (reason: unknown) => void;
}

/** Sessions with a token: a signature has one for itself while it is made (PKCS #11 v3.0 section 5.13). */
export class SessionPool {
  private readonly idle: Session[] = [];
  private readonly waiting: Waiting[] = [];
  private opened = 0;
  private losses = 0;
  private refusedPin: StartupError | undefined;

  /** @throws StartupError where the token does not take the PIN */
  constructor(
    private readonly library: Library,
    private readonly module: Pkcs11Library.PKCS11,
    private readonly access: { readonly slot: Pkcs11Library.Handle; readonly pin: string },
  ) {
    this.idle.push(this.open());
  }

  /** Another number whenever sessions were lost, and handles of objects with them. */
  get generation(): number {
    return this.losses;
  }

  /** Once more with a new session where the token has lost the old one, as after it was away. */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await this.useOne(work);
    } catch (error) {
      if (!this.isLost(error)) throw error;
      return this.useOne(work);
    }
  }

  close(): void {
    this.module.C_CloseAllSessions(this.access.slot);
  }

  private async useOne<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.take();
    try {
      const result = await work(session);
      this.giveBack(session);
      return result;
    } catch (error) {
      this.giveUp(session);
      throw error;
    }
  }

  private async take(): Promise<Session> {
    const session = this.idle.pop();
    if (session !== undefined) return session;
    if (this.opened < MAX_SESSIONS) return this.open();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private giveBack(session: Session): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(session);
    else next.resolve(session);
  }

  /** After an error nobody knows what the session is in the middle of, nor whether the idle ones still stand. */
  private giveUp(session: Session): void {
    this.losses += 1;
    for (const lost of [session, ...this.idle.splice(0)]) {
      this.opened -= 1;
      this.closeLost(lost);
    }
    this.serveNext();
  }

  /** Whoever still works gives his session to the next one who waits; where nobody does, all who wait are told why. */
  private serveNext(): void {
    const next = this.waiting.shift();
    if (next === undefined) return;
    try {
      next.resolve(this.open());
    } catch (error) {
      next.reject(error);
      if (this.opened > 0) return;
      for (const other of this.waiting.splice(0)) other.reject(error);
    }
  }

  private open(): Session {
    const { library, module, access } = this;
    if (this.refusedPin !== undefined) throw this.refusedPin;
    const flags = library.CKF_SERIAL_SESSION | library.CKF_RW_SESSION;
    const session = module.C_OpenSession(access.slot, flags);
    try {
      module.C_Login(session, library.CKU_USER, access.pin); // counts for all sessions of this process
    } catch (cause) {
      const code = codeOf(library, cause);
      if (code !== library.CKR_USER_ALREADY_LOGGED_IN) {
        this.closeLost(session);
        throw this.refusalOf(cause, code);
      }
    }
    this.opened += 1;
    return session;
  }

  private closeLost(session: Session): void {
    try {
      this.module.C_CloseSession(session);
    } catch {
      // the token has closed it
    }
  }

  /** A PIN that was refused is never shown again: a token locks itself after a few wrong ones. */
  private refusalOf(cause: unknown, code: number | undefined): unknown {
    const { library } = this;
    const aboutPin = [
      library.CKR_PIN_INCORRECT,
      library.CKR_PIN_INVALID,
      library.CKR_PIN_LEN_RANGE,
      library.CKR_PIN_LOCKED,
      library.CKR_PIN_EXPIRED,
    ];
    if (!aboutPin.some((one) => one === code)) return cause;
    this.refusedPin = new StartupError('The PKCS #11 token does not take PKCS11_PIN.', { cause });
    return this.refusedPin;
  }

  private isLost(error: unknown): boolean {
    const { library } = this;
    const code = codeOf(library, error);
    return [
      library.CKR_SESSION_HANDLE_INVALID,
      library.CKR_SESSION_CLOSED,
      library.CKR_USER_NOT_LOGGED_IN,
      library.CKR_DEVICE_REMOVED,
      library.CKR_DEVICE_ERROR,
      library.CKR_KEY_HANDLE_INVALID,
      library.CKR_OBJECT_HANDLE_INVALID,
    ].some((lost) => lost === code);
  }
}

function codeOf(library: Library, error: unknown): number | undefined {
  return error instanceof library.Pkcs11Error ? error.code : undefined;
}
