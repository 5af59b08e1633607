export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** For phones whose clock is behind. */
const SET_BACK_MS = 5 * 60_000;

/** A CA's own validity, which begins in the past as well. */
export function yearsFrom(now: Date, years: number): Validity {
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + years);
  return {
    notBefore: wholeSeconds(new Date(now.getTime() - SET_BACK_MS)),
    notAfter: wholeSeconds(notAfter),
  };
}

/** What was ordered, set back a little, and never outside the issuer's own validity. */
export function validityWithin(issuer: Validity, order: Validity): Validity {
  const notBefore = Math.max(order.notBefore.getTime() - SET_BACK_MS, issuer.notBefore.getTime());
  const notAfter = Math.min(order.notAfter.getTime(), issuer.notAfter.getTime());
  const isOrdered = order.notBefore < order.notAfter && notBefore < notAfter;
  if (!isOrdered) throw new RangeError('The certificate would never be valid.');
  return {
    notBefore: wholeSeconds(new Date(notBefore)),
    notAfter: wholeSeconds(new Date(notAfter)),
  };
}

/** Down to the second, as times stand in certificates, lists and answers (RFC 5280 4.1.2.5). */
export function wholeSeconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
