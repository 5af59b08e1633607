import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A person. `username_key` is the name as it is compared: NFKC, lower case. */
@Entity('app_user')
@Index('app_user_by_age', ['createdAt', 'id'])
export class UserEntity {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'app_user_pkey' })
  id!: string;

  @Index('app_user_external_id', { unique: true })
  @Column('text', { name: 'external_id', nullable: true })
  externalId!: string | null;

  @Column('text')
  username!: string;

  @Index('app_user_username_key', { unique: true })
  @Column('text', { name: 'username_key' })
  usernameKey!: string;

  @Column('text', { name: 'display_name' })
  displayName!: string;

  @Column('text', { nullable: true })
  email!: string | null;

  @Column('text', { nullable: true })
  phone!: string | null;

  @Column('text')
  state!: string;

  @Column('text', { array: true })
  roles!: string[];

  @Column('text', { array: true })
  groups!: string[];

  @Column('text', { name: 'password_hash', nullable: true })
  passwordHash!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
