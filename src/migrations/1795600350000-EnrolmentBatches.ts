import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Orders for many users at once. */
export class EnrolmentBatches1795600350000 implements MigrationInterface {
  readonly name = 'EnrolmentBatches1795600350000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "enrolment_batch" (
                "id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "state" text NOT NULL,
                "channel" text NOT NULL,
                "certificates" text array NOT NULL,
                "validity_days" integer,
                "skips_holders" boolean NOT NULL,
                "total" integer NOT NULL,
                "ordered" integer NOT NULL DEFAULT '0',
                "skipped" integer NOT NULL DEFAULT '0',
                "failed" integer NOT NULL DEFAULT '0',
                "ordered_by" uuid NOT NULL,
                "ordered_in_session" uuid,
                "scopes" text array NOT NULL,
                "idempotency_key" text,
                "order_digest" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "finished_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "enrolment_batch_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "enrolment_batch_by_creation" ON "enrolment_batch" ("created_at", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "enrolment_batch_running" ON "enrolment_batch" ("ordered_by")
            WHERE state = 'RUNNING'
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "enrolment_batch_idempotency" ON "enrolment_batch" ("ordered_by", "idempotency_key")
            WHERE idempotency_key IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE TABLE "enrolment_batch_item" (
                "batch_id" uuid NOT NULL,
                "position" integer NOT NULL,
                "user_id" uuid NOT NULL,
                "state" text NOT NULL DEFAULT 'PENDING',
                "attempts" integer NOT NULL DEFAULT '0',
                "enrolment_id" uuid,
                "failure_code" text,
                "failure_reason" text,
                CONSTRAINT "enrolment_batch_item_pkey" PRIMARY KEY ("batch_id", "position")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "enrolment_batch_item_user" ON "enrolment_batch_item" ("batch_id", "user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "enrolment_batch_item_pending" ON "enrolment_batch_item" ("batch_id", "position")
            WHERE state = 'PENDING'
        `);
    await queryRunner.query(`
            CREATE INDEX "enrolment_batch_item_failed" ON "enrolment_batch_item" ("batch_id", "position")
            WHERE state = 'FAILED'
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "enrolment_batch_item"
        `);
    await queryRunner.query(`
            DROP TABLE "enrolment_batch"
        `);
  }
}
