import { useEffect, useState, type ReactElement } from 'react';
import { serverNow } from './clock.js';
import { formatCountdown, secondsUntil, speakCountdown } from './countdown.js';

/** Seconds until an instant, counted down as they pass. */
export function useSecondsUntil(instant: string): number {
  const [nowMs, setNowMs] = useState(serverNow);
  useEffect(() => {
    const ticker = setInterval(() => {
      setNowMs(serverNow());
    }, 1000);
    return () => {
      clearInterval(ticker);
    };
  }, []);
  return secondsUntil(instant, nowMs);
}

interface CountdownTextProps {
  readonly seconds: number;
}

/** Digits of equal width for the eye, words for the ear; a timer is not read out as it runs. */
export function CountdownText({ seconds }: CountdownTextProps): ReactElement {
  return (
    <span
      role="timer"
      aria-label={speakCountdown(seconds)}
      style={{ fontVariantNumeric: 'tabular-nums', fontWeight: 600 }}
    >
      {formatCountdown(seconds)}
    </span>
  );
}
