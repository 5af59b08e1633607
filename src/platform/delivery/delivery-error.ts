/** How a failed attempt is to be taken. */
export type FailureKind =
  /** This message will not be taken, however often it is offered. */
  | 'REFUSED'
  /** It may be taken later. */
  | 'TEMPORARY'
  /** Nobody answered as he should: what else goes this way will not arrive now either. */
  | 'UNREACHABLE';

/**
 * A message that was not handed over. Its text is for operators: what the other side's answer was about, and no word of the
 * message, its address or a secret.
 */
export class DeliveryError extends Error {
  override readonly name: string = 'DeliveryError';

  constructor(
    message: string,
    readonly kind: FailureKind,
  ) {
    super(message);
  }
}
