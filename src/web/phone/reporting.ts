const HOUR_MS = 3_600_000;

interface ReportingParts {
  readonly page: Pick<Document, 'visibilityState' | 'addEventListener'>;
  readonly now: () => Date;
  /** Tells the server that this phone is in use. */
  readonly report: () => Promise<unknown>;
}

/** Reports in when the page is opened, and when it is looked at again an hour later. What fails is left until then. */
export function reportWhenOpened({ page, now, report }: ReportingParts): void {
  let reportedAt = -Infinity;
  const look = (): void => {
    const at = now().getTime();
    if (page.visibilityState !== 'visible' || at - reportedAt < HOUR_MS) return;
    reportedAt = at;
    report().catch(() => undefined);
  };
  page.addEventListener('visibilitychange', look);
  look();
}
