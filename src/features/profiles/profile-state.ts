import { predecessorsIn, type Transitions } from '../../kernel/transitions.js';

export const PROFILE_STATES = ['ACTIVE', 'INACTIVE', 'REVOKED', 'EXPIRED'] as const;
export type ProfileState = (typeof PROFILE_STATES)[number];

/**
 * The life of a mobile ID, and with it of its certificates: VALID while it is ACTIVE, ON_HOLD while it is INACTIVE. What is
 * revoked or has run out does not come back; another one is ordered.
 */
const NEXT: Transitions<ProfileState> = {
  ACTIVE: ['INACTIVE', 'REVOKED', 'EXPIRED'],
  INACTIVE: ['ACTIVE', 'REVOKED', 'EXPIRED'],
  REVOKED: [],
  EXPIRED: [],
};

export function mayFollow(from: ProfileState, to: ProfileState): boolean {
  return NEXT[from].includes(to);
}

/** All states from which `to` may follow. */
export function predecessorsOf(to: ProfileState): ProfileState[] {
  return predecessorsIn(NEXT, to);
}

/** A profile can be used or become usable: it counts against the limit, and can be replaced. */
export const LIVING_STATES: readonly ProfileState[] = predecessorsOf('REVOKED');

/** Where it stands at this instant: what has run out has, whether or not the sweep has noticed. */
export function stateAt(
  { state, validTo }: { readonly state: ProfileState; readonly validTo: Date },
  now: Date,
): ProfileState {
  return validTo <= now && mayFollow(state, 'EXPIRED') ? 'EXPIRED' : state;
}

/**
 * Who has suspended a profile. It is INACTIVE while anybody has: its holder, an operator, the account, whose user was
 * deactivated, or the project, which he was removed from. Each lifts what is his; an operator lifts the holder's as well.
 */
export const SUSPENDERS = ['HOLDER', 'OPERATOR', 'ACCOUNT', 'PROJECT'] as const;
export type Suspender = (typeof SUSPENDERS)[number];
