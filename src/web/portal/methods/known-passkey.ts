const KEY = 'signet.passkey';

/** Whether a passkey was made or shown in this browser before. Nothing about whose it was. */
export function isPasskeyKnown(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false; // the browser keeps nothing for this site
  }
}

export function rememberPasskey(): void {
  try {
    localStorage.setItem(KEY, 'used');
  } catch {
    // The button works without it.
  }
}
