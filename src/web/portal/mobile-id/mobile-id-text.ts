import { formatDay, formatMoment } from '../../shared/dates.js';
import type { Profile } from '../home/documents.js';

export const STATE_BADGE: Readonly<
  Record<Profile['state'], { readonly text: string; readonly colour: string }>
> = {
  ACTIVE: { text: 'Active', colour: 'teal' },
  INACTIVE: { text: 'Suspended', colour: 'yellow' },
  REVOKED: { text: 'Revoked', colour: 'red' },
  EXPIRED: { text: 'Expired', colour: 'gray' },
};

interface Standing extends Pick<Profile, 'state' | 'suspendedBy' | 'validTo'> {
  readonly certificates: readonly Pick<
    Profile['certificates'][number],
    'revocationReason' | 'revokedAt' | 'recovered'
  >[];
}

/** How it stands, for who wants to know why and what to do about it. */
export function standingText(profile: Standing): string {
  switch (profile.state) {
    case 'ACTIVE':
      return `It can be used until ${formatDay(profile.validTo)}.`;
    case 'INACTIVE':
      return suspensionText(profile.suspendedBy);
    case 'REVOKED':
      return revocationText(profile);
    case 'EXPIRED':
      return `It ran out on ${formatDay(profile.validTo)} and cannot be used any more.`;
  }
}

/** Who has suspended it, and who can lift that. */
function suspensionText(suspendedBy: Profile['suspendedBy']): string {
  const byHolder = suspendedBy.includes('HOLDER');
  if (suspendedBy.includes('PROJECT')) {
    return 'Suspended, because you were removed from this programme. It can be used again once you are added to it again: please ask your administrator.';
  }
  if (suspendedBy.includes('OPERATOR')) {
    return `Suspended by ${byHolder ? 'you and by an operator' : 'an operator'}. Only an operator can lift that: please ask your administrator.`;
  }
  if (suspendedBy.includes('ACCOUNT')) {
    return `Suspended together with your account${byHolder ? ', and by you' : ''}. Please ask your administrator.`;
  }
  return byHolder
    ? 'Suspended by you. Nobody can use it until you reactivate it.'
    : 'Suspended. Please ask your administrator.';
}

/** CRLReasons of RFC 5280 section 5.3.1, as a holder understands them. */
const WHY: ReadonlyMap<string, string> = new Map([
  ['keyCompromise', 'it was reported lost or stolen'],
  ['cessationOfOperation', 'it was no longer needed'],
  ['privilegeWithdrawn', 'the right to use it was withdrawn'],
  ['affiliationChanged', 'what it said of you no longer held'],
]);

/** Undefined where the reason says nothing. */
export function reasonText(
  reason: string | null | undefined,
  revoked: 'mobile ID' | 'certificate',
): string | undefined {
  if (reason === 'superseded') return `a newer ${revoked} took its place`;
  return WHY.get(reason ?? '');
}

function revocationText({ certificates }: Standing): string {
  const [revoked] = certificates.filter(
    ({ recovered, revokedAt }) => !recovered && revokedAt !== null,
  );
  const when = revoked?.revokedAt ? ` on ${formatMoment(revoked.revokedAt)}` : '';
  const why = reasonText(revoked?.revocationReason, 'mobile ID');
  return `Revoked for good${when}${why === undefined ? '' : `: ${why}`}.`;
}

/** What refusals mean for a mobile ID of one's own. */
export const MOVE_PROBLEMS: Readonly<Record<string, string>> = {
  'FORBIDDEN/SUSPENDED_BY_OPERATOR':
    'An operator has suspended it, and only an operator can lift that. Please ask your administrator.',
  'FORBIDDEN/REMOVED_FROM_PROJECT':
    'You were removed from this programme, and nothing can be ordered or reactivated there until you are added again. Please ask your administrator.',
  INVALID_TRANSITION:
    'This is no longer possible: the mobile ID has changed meanwhile. Look again at how it stands now.',
  NOT_FOUND: 'This mobile ID is not there any more. Go back to your mobile IDs.',
};
