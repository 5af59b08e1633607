/** Why a SAML message, or what it leads to, is refused. For the audit log; a browser learns the problem below it. */
const SAML_REASONS = {
  /** Not base64, not UTF-8, not one well-formed document, or not shaped as a response is. */
  MALFORMED: 'SAML_REFUSED',
  /** A document type, and with it entities. */
  DOCTYPE: 'SAML_REFUSED',
  COMMENT: 'SAML_REFUSED',
  ENCRYPTED: 'SAML_REFUSED',
  /** The response, its assertion or both carry no signature. */
  UNSIGNED: 'SAML_REFUSED',
  /** More or other signed parts than one response around one assertion. */
  STRUCTURE: 'SAML_REFUSED',
  /** Weaker than SHA-256, or not on the short list. */
  ALGORITHM: 'SAML_REFUSED',
  SIGNATURE: 'SAML_REFUSED',
  VERSION: 'SAML_REFUSED',
  DESTINATION: 'SAML_REFUSED',
  ISSUER: 'SAML_REFUSED',
  /** No confirmation is by bearer, for this request, and in time. */
  CONFIRMATION: 'SAML_REFUSED',
  RECIPIENT: 'SAML_REFUSED',
  AUDIENCE: 'SAML_REFUSED',
  CONDITION: 'SAML_REFUSED',
  EXPIRED: 'SAML_REFUSED',
  NOT_YET_VALID: 'SAML_REFUSED',
  AUTHENTICATION_CONTEXT: 'SAML_REFUSED',
  AUTHENTICATION_INSTANT: 'SAML_REFUSED',
  NAME_ID: 'SAML_REFUSED',
  ATTRIBUTES: 'SAML_REFUSED',
  UNSOLICITED: 'SAML_REFUSED',
  REPLAY: 'SAML_REFUSED',
  /** More answers to one request than anybody gives by mistake. */
  TOO_MANY_ANSWERS: 'SAML_REFUSED',
  /** The provider did not sign in again, though it was asked to. */
  NOT_FRESH: 'SAML_NOT_FRESH',
  /** The provider says no: cancelled, not allowed, could not. */
  STATUS: 'SAML_PROVIDER_REFUSED',
  /** Answers nothing that this browser began at this provider within the last minutes. */
  UNKNOWN_REQUEST: 'SAML_EXPIRED',
  /** The provider has been changed since the answer was looked at. */
  PROVIDER_CHANGED: 'SAML_EXPIRED',
  /** No user of that name, and the provider makes none. */
  NO_ACCOUNT: 'SAML_NO_ACCOUNT',
  /** A user's name differs only in what readers overlook. */
  LOOK_ALIKE: 'SAML_NO_ACCOUNT',
  /** The user is known to the provider under another name already. */
  OTHER_IDENTITY: 'SAML_NO_ACCOUNT',
  /** The session is somebody else's. */
  OTHER_USER: 'SAML_OTHER_USER',
  /** Operators and administrators are linked from within their own session. */
  LINK_FROM_SESSION: 'SAML_LINK_FIRST',
  /** In that session methods may not be set up now: it shows a sign-in, and no fresh proof by another method. */
  LINK_UNPROVEN: 'SAML_LINK_UNPROVEN',
} as const;

export type SamlReason = keyof typeof SAML_REASONS;
export type SamlProblem = (typeof SAML_REASONS)[SamlReason];

/** Carries nothing of the message that was refused. */
export class SamlRefusal extends Error {
  override readonly name = 'SamlRefusal';
  readonly problem: SamlProblem;

  constructor(
    readonly reason: SamlReason,
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.problem = SAML_REASONS[reason];
  }
}
