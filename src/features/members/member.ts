import type { MemberId, ProjectId, UserId } from '../../kernel/ids.js';

/** A user in a MANAGED project, with the IDs that other systems know him by there. */
export interface ProjectMember {
  readonly id: MemberId;
  readonly projectId: ProjectId;
  readonly userId: UserId;
  readonly hostId: string | null;
  readonly syncId: string | null;
  readonly addedAt: Date;
  readonly updatedAt: Date;
}

/** Names one membership to be. */
export interface Membership {
  readonly projectId: string;
  readonly userId: string;
}

export interface MemberIds {
  readonly hostId: string | null;
  readonly syncId: string | null;
}

export interface NewMember extends Membership {
  readonly hostId?: string | null | undefined;
  readonly syncId?: string | null | undefined;
  /** Whether he is to get an invitation at once, where he can be reached and has no mobile ID yet. True, if left out. */
  readonly invite?: boolean | null | undefined;
}

/** Absent fields stay as they are; null clears. */
export type MemberChanges = Pick<NewMember, 'hostId' | 'syncId'>;

/** One of the keys by which a member is known in his project. */
export type MemberKey = 'userId' | 'hostId' | 'syncId';

/** What a user is to a project: one who was REMOVED gets no mobile ID there, even where it is open to all users. */
export type Standing = 'MEMBER' | 'REMOVED' | 'STRANGER';
