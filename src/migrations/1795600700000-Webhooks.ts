import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where host systems are told of events, what they are told, and the log of what becomes of mobile IDs. */
export class Webhooks1795600700000 implements MigrationInterface {
  readonly name = 'Webhooks1795600700000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "webhook_endpoint" (
                "id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "url" text NOT NULL,
                "description" text NOT NULL,
                "event_types" text array NOT NULL,
                "alert_email" text,
                "enabled" boolean NOT NULL,
                "disabled_reason" text,
                "disabled_at" TIMESTAMP WITH TIME ZONE,
                "failing_since" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_webhook_endpoint" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_endpoint_by_project" ON "webhook_endpoint" ("project_id", "created_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "webhook_position" (
                "endpoint_id" uuid NOT NULL,
                "log" text NOT NULL,
                "epoch" integer NOT NULL,
                "xid" bigint NOT NULL,
                "number" bigint NOT NULL,
                "since_epoch" integer,
                "since_snapshot" text,
                CONSTRAINT "PK_webhook_position" PRIMARY KEY ("endpoint_id", "log")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "webhook_secret" (
                "id" uuid NOT NULL,
                "endpoint_id" uuid NOT NULL,
                "sealed" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_webhook_secret" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_secret_by_endpoint" ON "webhook_secret" ("endpoint_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_secret_by_end" ON "webhook_secret" ("expires_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "webhook_delivery" (
                "id" uuid NOT NULL,
                "endpoint_id" uuid NOT NULL,
                "event_id" text NOT NULL,
                "type" text NOT NULL,
                "subject" text NOT NULL,
                "sequence" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "payload" text NOT NULL,
                "state" text NOT NULL,
                "attempts" integer NOT NULL DEFAULT 0,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "due_since" TIMESTAMP WITH TIME ZONE NOT NULL,
                "next_attempt_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "lease" uuid,
                "leased_until" TIMESTAMP WITH TIME ZONE,
                "attempt_log" jsonb NOT NULL DEFAULT '[]',
                "finished_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_webhook_delivery" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "webhook_delivery_once" ON "webhook_delivery" ("endpoint_id", "event_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_delivery_by_creation" ON "webhook_delivery" ("endpoint_id", "created_at", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_delivery_due" ON "webhook_delivery" ("endpoint_id", "next_attempt_at", "sequence")
            WHERE state = 'PENDING'
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_delivery_by_subject" ON "webhook_delivery" ("endpoint_id", "subject", "sequence")
            WHERE state = 'PENDING'
        `);
    await queryRunner.query(`
            CREATE INDEX "webhook_delivery_finished" ON "webhook_delivery" ("finished_at")
            WHERE state <> 'PENDING'
        `);
    await queryRunner.query(`
            CREATE TABLE "profile_event" (
                "number" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "project_id" uuid NOT NULL,
                "profile_id" uuid NOT NULL,
                "state" text NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                "epoch" integer NOT NULL DEFAULT project_log_epoch(),
                "xid" bigint NOT NULL DEFAULT project_log_xid(),
                CONSTRAINT "PK_profile_event" PRIMARY KEY ("number")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "profile_event_by_project" ON "profile_event" ("project_id", "epoch", "xid", "number")
        `);
    await queryRunner.query(`
            CREATE INDEX "profile_event_by_profile" ON "profile_event" ("profile_id", "number")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "profile_event"`);
    await queryRunner.query(`DROP TABLE "webhook_delivery"`);
    await queryRunner.query(`DROP TABLE "webhook_secret"`);
    await queryRunner.query(`DROP TABLE "webhook_position"`);
    await queryRunner.query(`DROP TABLE "webhook_endpoint"`);
  }
}
