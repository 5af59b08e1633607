import type { MemberId, ProjectId, UserId } from '../../kernel/ids.js';

/** A user in a MANAGED project, with the IDs that other systems know him by there. */
export interface ProjectMember {
  readonly id: MemberId;
  readonly projectId: ProjectId;
  readonly userId: UserId;
  readonly hostId: string | null;
  readonly syncId: string | null;
  /** Whether he is invited as soon as he can be reached; else only when somebody asks for it. */
  readonly toBeInvited: boolean;
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
  /** Whether he is to get an invitation as soon as he can be reached, unless he has a mobile ID. True, if left out. */
  readonly invite?: boolean | null | undefined;
}

/** Absent fields stay as they are; null clears. */
export type MemberChanges = Pick<NewMember, 'hostId' | 'syncId'>;

/** One of the keys by which a member is known in his project. */
export type MemberKey = 'userId' | 'hostId' | 'syncId';

/** What a user is to a project: one who was REMOVED gets no mobile ID there, even where it is open to all users. */
export type Standing = 'MEMBER' | 'REMOVED' | 'STRANGER';
