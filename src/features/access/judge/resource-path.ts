const RESOURCE = /^(?:\/|(?:\/[a-z0-9]+(?:-[a-z0-9]+)*)+)$/;
const MAX_LENGTH = 200;

/** Needed by who has no session yet, or by phones, which never have one. */
const OPEN_RESOURCES = ['/sign-in', '/device', '/certificate-authority'] as const;

export function isResourcePath(text: string): boolean {
  return text.length <= MAX_LENGTH && RESOURCE.test(text);
}

/** Whether the resource stands open to everybody but those whom a DENY that names it keeps out. */
export function isOpenResource(resource: string): boolean {
  return openRootOf(resource) !== undefined;
}

/** The paths whose rules count for the resource, from the top down: `/`, `/a`, `/a/b`. An open resource inherits nothing. */
export function levelsOf(resource: string): string[] {
  const names = resource.split('/').filter((name) => name !== '');
  const levels = ['/', ...names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`)];
  const root = openRootOf(resource);
  return root === undefined ? levels : levels.slice(levels.indexOf(root));
}

function openRootOf(resource: string): string | undefined {
  return OPEN_RESOURCES.find((open) => resource === open || resource.startsWith(`${open}/`));
}
