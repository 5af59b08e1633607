import { readdir } from 'node:fs/promises';
import { parse } from 'node:path';
import { readMail, type StoredMail } from '../../src/platform/delivery/mailbox';

/** Reads a mailbox, newest first, each file once: who waits for a mail looks often, and shares the processor with who writes it. */
export function mailsIn(folder: string): () => Promise<StoredMail[]> {
  const known = new Map<string, StoredMail>();
  return async () => {
    const names = await readdir(folder).catch(() => []);
    for (const { name: id } of names.map((name) => parse(name))) {
      const mail = known.has(id) ? null : await readMail(folder, id);
      if (mail !== null) known.set(id, mail);
    }
    return [...known.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  };
}
