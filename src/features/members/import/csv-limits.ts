const KILOBYTE = 1024;

/** What one file may have at most: each bounds the memory, the time or the room that it takes. */
export const CSV_LIMITS = {
  fileBytes: 128 * KILOBYTE * KILOBYTE,
  rows: 500_000,
  /** Of all fields of one record together. */
  recordCharacters: 16 * KILOBYTE,
  /** From the end of one record to the end of the next: a million empty fields have no characters. */
  recordBytes: 64 * KILOBYTE,
  columns: 200,
} as const;
