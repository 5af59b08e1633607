/** Beyond this nothing is remembered any more: what is told twice does no harm. */
const MAX_REMEMBERED = 10_000;

/**
 * Which announcements were told already, by whichever way they came first. Remembered as long as they can come again: what was
 * heard before a look at the table is found by that look, or by none.
 */
export class Heard {
  private known: ReadonlySet<string> = new Set();
  private recent = new Set<string>();

  /** @returns whether it is new */
  note(id: string): boolean {
    if (this.known.has(id) || this.recent.has(id)) return false;
    this.recent.add(id);
    return true;
  }

  beginLook(): void {
    const all = new Set([...this.known, ...this.recent]);
    this.known = all.size > MAX_REMEMBERED ? new Set() : all;
    this.recent = new Set();
  }

  /** @param found all that the look has found; not to be called for a look that failed */
  endLook(found: readonly string[]): void {
    this.known = new Set(found);
  }
}
