import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Projects that phones come into by themselves, enrolments without a user, and those that nobody ordered, as what Signet itself invites to. */
export class SelfRegistration1795600100000 implements MigrationInterface {
  readonly name = 'SelfRegistration1795600100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of ['user_id', 'channel', 'account_name', 'ordered_by', 'order_digest']) {
      await queryRunner.query(`ALTER TABLE "enrolment" ALTER COLUMN "${column}" DROP NOT NULL`);
    }
    await queryRunner.query(`
            CREATE UNIQUE INDEX "enrolment_one_open_per_device" ON "enrolment" ("project_id", "device_thumbprint")
            WHERE user_id IS NULL AND status NOT IN ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'SUPERSEDED')
        `);
    await queryRunner.query(`
            CREATE TABLE "self_registration" (
                "project_id" uuid NOT NULL,
                "first_id" bigint NOT NULL,
                "last_id" bigint,
                "ceiling" bigint,
                "id_prefix" text NOT NULL,
                "id_width" integer NOT NULL,
                "blocked_ranges" jsonb NOT NULL,
                "quota" integer,
                "used" integer NOT NULL DEFAULT '0',
                "paused" boolean NOT NULL DEFAULT false,
                "generation" integer NOT NULL DEFAULT '1',
                CONSTRAINT "self_registration_counts" CHECK (("used" = 0) = ("last_id" IS NULL)),
                CONSTRAINT "self_registration_pkey" PRIMARY KEY ("project_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "activation_code" (
                "code_hash" bytea NOT NULL,
                "project_id" uuid NOT NULL,
                "generation" integer NOT NULL,
                CONSTRAINT "activation_code_pkey" PRIMARY KEY ("code_hash")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "activation_code_by_project" ON "activation_code" ("project_id")
        `);
    await queryRunner.query(`
            CREATE TABLE "activation_claim" (
                "enrolment_id" uuid NOT NULL,
                "address" text NOT NULL,
                "claimed_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "activation_claim_pkey" PRIMARY KEY ("enrolment_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "activation_claim_by_address" ON "activation_claim" ("address", "claimed_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "activation_claim_by_age" ON "activation_claim" ("claimed_at")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "activation_claim"`);
    await queryRunner.query(`DROP TABLE "activation_code"`);
    await queryRunner.query(`DROP TABLE "self_registration"`);
    await queryRunner.query(`DROP INDEX "public"."enrolment_one_open_per_device"`);
    for (const table of ['enrolment_event', 'enrolment_code']) {
      await queryRunner.query(
        `DELETE FROM "${table}" WHERE enrolment_id IN (SELECT id FROM "enrolment" WHERE user_id IS NULL)`,
      );
    }
    await queryRunner.query(`DELETE FROM "enrolment" WHERE user_id IS NULL`);
    await queryRunner.query(`UPDATE "enrolment" SET ordered_by = user_id WHERE ordered_by IS NULL`);
    for (const column of ['user_id', 'channel', 'account_name', 'ordered_by', 'order_digest']) {
      await queryRunner.query(`ALTER TABLE "enrolment" ALTER COLUMN "${column}" SET NOT NULL`);
    }
  }
}
