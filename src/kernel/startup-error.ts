/** Why a server cannot start, in words for whoever starts it: what is in the way, what to do, and no secret. */
export class StartupError extends Error {
  override readonly name: string = 'StartupError';
  /** Of the system's or the database's refusal behind it, such as `EADDRINUSE`. */
  readonly code: string | undefined;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options);
    const { code } = Object(options.cause) as { code?: unknown };
    this.code = typeof code === 'string' ? code : undefined;
  }
}
