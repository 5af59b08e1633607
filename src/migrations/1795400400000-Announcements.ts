import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Announcements1795400400000 implements MigrationInterface {
  name = 'Announcements1795400400000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "proof_attempt" (
                "subject" text NOT NULL,
                "method" text NOT NULL,
                "place" text NOT NULL,
                "user_id" uuid,
                "attempts" integer NOT NULL,
                "window_ends_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "locked_until" TIMESTAMP WITH TIME ZONE,
                "locked_at" TIMESTAMP WITH TIME ZONE,
                "locks" integer NOT NULL DEFAULT '0',
                "reported" boolean NOT NULL DEFAULT true,
                "forget_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_3429544e3425c760e283adf64a9" PRIMARY KEY ("subject", "method", "place")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_293e5cc8d9dc9dfb865f8119d2" ON "proof_attempt" ("user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_39f0ca8efa1baa9949ff569275" ON "proof_attempt" ("forget_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "proof_attempt_unreported" ON "proof_attempt" ("locked_at")
            WHERE NOT reported
        `);
    await queryRunner.query(`
            CREATE TABLE "announcement" (
                "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "topic" text NOT NULL,
                "xid" bigint NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_e0ef0550174fd1099a308fd18a0" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_23cc9dde6539e5098397b13f39" ON "announcement" ("xid")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_eab31ace57c4004644200b1f53" ON "announcement" ("at")
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment"
            ADD "confirmation_counted_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            CREATE INDEX "enrolment_exhausted" ON "enrolment" ("confirmation_counted_at")
            WHERE status = 'AWAITING_CONFIRMATION'
                AND confirmation_attempts >= 5
        `);
    await queryRunner.query(`
            ALTER TABLE "session"
            ADD "address_key" text
        `);
    await queryRunner.query(`
            UPDATE "session"
            SET "address_key" = "address"
        `);
    await queryRunner.query(`
            ALTER TABLE "session"
            ALTER COLUMN "address_key"
            SET NOT NULL
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "session" DROP COLUMN "address_key"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."enrolment_exhausted"
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment" DROP COLUMN "confirmation_counted_at"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_eab31ace57c4004644200b1f53"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_23cc9dde6539e5098397b13f39"
        `);
    await queryRunner.query(`
            DROP TABLE "announcement"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."proof_attempt_unreported"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_39f0ca8efa1baa9949ff569275"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_293e5cc8d9dc9dfb865f8119d2"
        `);
    await queryRunner.query(`
            DROP TABLE "proof_attempt"
        `);
  }
}
