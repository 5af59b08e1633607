const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['FxiOS/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['CriOS/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['iPhone', 'an iPhone'],
  ['iPad', 'an iPad'],
  ['Android', 'Android'],
  ['CrOS', 'ChromeOS'],
  ['Windows', 'Windows'],
  ['Macintosh', 'a Mac'],
  ['Linux', 'Linux'],
] as const;

/** A browser's own word about itself, in few words: `Firefox on Linux`. What it says of itself proves nothing. */
export function browserIn(userAgent: string | null): string {
  const browser = nameIn(BROWSERS, userAgent) ?? 'An unknown program';
  const system = nameIn(SYSTEMS, userAgent);
  return system === undefined ? browser : `${browser} on ${system}`;
}

function nameIn(
  names: readonly (readonly [mark: string, name: string])[],
  text: string | null,
): string | undefined {
  return names.find(([mark]) => text?.includes(mark))?.[1];
}
