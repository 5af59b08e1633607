/** What a project's own texts may contain in braces. */
export const INVITATION_PLACEHOLDERS = [
  'displayName',
  'projectName',
  'serverName',
  'link',
  'expiresAt',
] as const;

/** What a project's invitations say unless it says otherwise. */
export const DEFAULT_INVITATION = {
  subject: 'Your mobile ID for {projectName}',
  message: `Hello {displayName},

your mobile ID for {projectName} is ready to be set up. Scan the QR code with your phone, or open this link on it:

{link}

It works until {expiresAt}.`,
} as const;

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** The placeholders in `text` that are not `allowed`, without their braces; empty where all are. */
export function validateTemplate(
  text: string,
  allowed: readonly string[] = INVITATION_PLACEHOLDERS,
): string[] {
  const used = Array.from(text.matchAll(PLACEHOLDER), ([, name = '']) => name);
  return [...new Set(used)].filter((name) => !allowed.includes(name));
}
