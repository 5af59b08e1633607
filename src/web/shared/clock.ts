let serverAheadMs = 0;

/** The server's idea of now, in ms: deadlines on these pages are the server's, and phones' clocks are often wrong. */
export function serverNow(): number {
  return Date.now() + serverAheadMs;
}

/** Takes over the server's clock from a response's Date header, which is exact to a second. */
export function setClockBy(dateHeader: string | null): void {
  const told = dateHeader === null ? Number.NaN : Date.parse(dateHeader);
  if (Number.isNaN(told)) return;
  const ahead = told - Date.now();
  serverAheadMs = Math.abs(ahead) < 2_000 ? 0 : ahead;
}
