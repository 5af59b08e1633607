import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ProjectId } from '../../../kernel/ids.js';
import type { MessageTemplate, MessageChannel, MessageId, MessageState } from './message.js';

/** A mail or a text message: what it is about and where it has got to. What it says is written when it is sent, and kept nowhere. */
@Entity('message')
@Index('message_by_creation', ['createdAt', 'id'])
@Index('message_by_project', ['projectId', 'createdAt', 'id'])
@Index('message_by_subject', ['subjectId'])
@Index('message_queued', ['nextAttemptAt'], { where: `state = 'QUEUED'` })
@Index('message_stranded', ['channel', 'nextAttemptAt'], {
  where: `state = 'QUEUED' AND is_stranded`,
})
@Index('message_by_reference', ['providerReference'], {
  where: 'provider_reference IS NOT NULL',
})
export class Message {
  @PrimaryColumn('uuid') id!: MessageId;
  @Column('text') channel!: MessageChannel;
  @Column('text') template!: MessageTemplate;
  @Column('uuid', { name: 'subject_id' }) subjectId!: string;
  @Column('uuid', { name: 'project_id', nullable: true }) projectId!: ProjectId | null;
  @Column('text', { default: 'QUEUED' }) state!: MessageState;
  /** Counts the times it was queued: each goes out under an id of its own, and its attempts are counted anew. */
  @Column('integer', { default: 1 }) dispatch!: number;
  @Column('timestamptz', { name: 'queued_at' }) queuedAt!: Date;
  @Column('integer', { default: 0 }) attempts!: number;
  @Column('timestamptz', { name: 'next_attempt_at' }) nextAttemptAt!: Date;
  /** For operators: never a word of the message, its address or a secret. */
  @Column('text', { name: 'last_problem', nullable: true }) lastProblem!: string | null;
  /** Its channel did not answer: it goes out as soon as another message gets through. */
  @Column('boolean', { name: 'is_stranded', default: false }) isStranded!: boolean;
  /** The job whose attempt is under way, and until when no other may begin one. */
  @Column('text', { nullable: true }) lease!: string | null;
  @Column('timestamptz', { name: 'leased_until', nullable: true }) leasedUntil!: Date | null;
  /** Where the last attempt went. */
  @Column('text', { nullable: true }) recipient!: string | null;
  /** What the gateway's receipts call it. */
  @Column('text', { name: 'provider_reference', nullable: true })
  providerReference!: string | null;
  @Column('timestamptz', { name: 'created_at' }) createdAt!: Date;
  @Column('timestamptz', { name: 'sent_at', nullable: true }) sentAt!: Date | null;
}
