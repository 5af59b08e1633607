const KEY = 'signet.passkey';

/** Whether a passkey was made or shown in this browser before. Nothing about whose it was. */
export function isPasskeyKnown(storage: Pick<Storage, 'getItem'>): boolean {
  return storage.getItem(KEY) !== null;
}

export function rememberPasskey(storage: Pick<Storage, 'setItem'>): void {
  storage.setItem(KEY, 'used');
}
