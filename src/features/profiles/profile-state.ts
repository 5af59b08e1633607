export const PROFILE_STATES = ['ACTIVE', 'INACTIVE', 'REVOKED', 'EXPIRED'] as const;
export type ProfileState = (typeof PROFILE_STATES)[number];
