const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
const TIME = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const MOMENT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

/** "4 March 2027", in the reader's time zone. */
export function formatDay(instant: string): string {
  return DAY.format(new Date(instant));
}

/** "14:03:59", in the reader's time zone. */
export function formatTime(instant: string): string {
  return TIME.format(new Date(instant));
}

/** "4 March 2027 at 14:03", in the reader's time zone. */
export function formatMoment(instant: string): string {
  return MOMENT.format(new Date(instant));
}
