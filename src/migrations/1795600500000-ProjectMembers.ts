import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users of MANAGED projects, with the IDs that the host system knows them by; those removed stay as a memory. */
export class ProjectMembers1795600500000 implements MigrationInterface {
  readonly name = 'ProjectMembers1795600500000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "project_member" (
                "id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "host_id" text,
                "sync_id" text,
                "to_be_invited" boolean NOT NULL DEFAULT true,
                "added_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "removed_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "project_member_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "project_member_by_user" ON "project_member" ("user_id", "project_id")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "project_member_sync_id" ON "project_member" ("project_id", "sync_id")
            WHERE removed_at IS NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "project_member_host_id" ON "project_member" ("project_id", "host_id")
            WHERE removed_at IS NULL
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "project_member_user" ON "project_member" ("project_id", "user_id")
            WHERE removed_at IS NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "project_member_by_age" ON "project_member" ("project_id", "added_at", "id")
            WHERE removed_at IS NULL
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "project_member_by_age"
        `);
    await queryRunner.query(`
            DROP INDEX "project_member_user"
        `);
    await queryRunner.query(`
            DROP INDEX "project_member_host_id"
        `);
    await queryRunner.query(`
            DROP INDEX "project_member_sync_id"
        `);
    await queryRunner.query(`
            DROP INDEX "project_member_by_user"
        `);
    await queryRunner.query(`
            DROP TABLE "project_member"
        `);
  }
}
