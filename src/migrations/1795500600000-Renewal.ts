import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Renewed mobile IDs, with what is to be revoked when; and which reminders have gone out. */
export class Renewal1795500600000 implements MigrationInterface {
  readonly name = 'Renewal1795500600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "renewal" (
                "certificate_id" uuid NOT NULL,
                "profile_id" uuid NOT NULL,
                "requests_digest" bytea NOT NULL,
                "replaced_ids" uuid array NOT NULL,
                "renewed_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "supersede_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "superseded_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_0d60d987e235193b83a8c5e2915" PRIMARY KEY ("certificate_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_da4939b17b7dbe07939a0fd460" ON "renewal" ("profile_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "renewal_by_deadline" ON "renewal" ("supersede_at")
            WHERE superseded_at IS NULL
        `);
    await queryRunner.query(`
            CREATE TABLE "expiry_reminder" (
                "id" uuid NOT NULL,
                "profile_id" uuid NOT NULL,
                "ends_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "days" integer NOT NULL,
                "reminded_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_690c685489f904eea6266b2d7b2" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "expiry_reminder_by_end" ON "expiry_reminder" ("ends_at")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "expiry_reminder_once" ON "expiry_reminder" ("profile_id", "ends_at", "days")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "expiry_reminder_once"
        `);
    await queryRunner.query(`
            DROP INDEX "expiry_reminder_by_end"
        `);
    await queryRunner.query(`
            DROP TABLE "expiry_reminder"
        `);
    await queryRunner.query(`
            DROP INDEX "renewal_by_deadline"
        `);
    await queryRunner.query(`
            DROP INDEX "IDX_da4939b17b7dbe07939a0fd460"
        `);
    await queryRunner.query(`
            DROP TABLE "renewal"
        `);
  }
}
