import { UNPRINTABLE } from '../../../kernel/text.js';

const EVERY_UNPRINTABLE = new RegExp(UNPRINTABLE, `${UNPRINTABLE.flags}g`);

/** A name as it is read: in the one form that looks like it (NFC), without what is not seen and turns what is. */
export function readable(name: string): string {
  return name.normalize('NFC').replace(EVERY_UNPRINTABLE, '').trim();
}
