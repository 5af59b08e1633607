import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who has suspended a mobile ID, which so far only its user's deactivation did; and what an enrolment replaces. */
export class ProfileChanges1795500100000 implements MigrationInterface {
  readonly name = 'ProfileChanges1795500100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "profile"
            ADD "suspended_by" text array NOT NULL DEFAULT '{}'
        `);
    await queryRunner.query(`UPDATE "profile" SET "suspended_by" = '{ACCOUNT}' WHERE "state" = 'INACTIVE'
        `);
    await queryRunner.query(`ALTER TABLE "enrolment"
            ADD "replaces_profile_id" uuid
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "enrolment" DROP COLUMN "replaces_profile_id"`);
    await queryRunner.query(`ALTER TABLE "profile" DROP COLUMN "suspended_by"`);
  }
}
