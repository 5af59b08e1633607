import type { DerValue } from '../../../src/features/certificates/x509/der';
import { GENERALIZED_TIME, UTC_TIME } from './structure';

/** Why a Time is not encoded as RFC 5280 4.1.2.5 wants it. */
export function timeProblem(time: DerValue): string | undefined {
  const text = time.content.toString('latin1');
  const isUtc = time.tag === UTC_TIME;
  if (!isUtc && time.tag !== GENERALIZED_TIME) return 'It is no time.';
  if (!(isUtc ? /^\d{12}Z$/ : /^\d{14}Z$/).test(text))
    return `${text} is not whole seconds of UTC.`;
  const year = dateOf(time).getUTCFullYear();
  if (isUtc === year < 2050) return undefined;
  return `${text} is UTCTime from 2050, or GeneralizedTime before.`;
}

/** Why a GeneralizedTime is not as RFC 6960 4.2.2.1 has it. */
export function generalizedTimeProblem(time: DerValue): string | undefined {
  const text = time.content.toString('latin1');
  return time.tag === GENERALIZED_TIME && /^\d{14}Z$/.test(text)
    ? undefined
    : `${text} is not whole seconds of UTC as GeneralizedTime.`;
}

/** @throws Error where it is no time */
export function dateOf({ tag, content }: DerValue): Date {
  const text = content.toString('latin1');
  const century = Number(text.slice(0, 2)) < 50 ? '20' : '19';
  const full = tag === UTC_TIME ? century + text : text;
  const iso = full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d).*$/, '$1-$2-$3T$4:$5:$6Z');
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) throw new Error(`${text} is no time`);
  return date;
}
