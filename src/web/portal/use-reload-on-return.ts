import { useEffect } from 'react';

/** Coming back to the tab shows what has happened meanwhile. */
export function useReloadOnReturn(reload: () => void): void {
  useEffect(() => {
    const onChange = (): void => {
      if (document.visibilityState === 'visible') reload();
    };
    document.addEventListener('visibilitychange', onChange);
    return () => {
      document.removeEventListener('visibilitychange', onChange);
    };
  });
}
