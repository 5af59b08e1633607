import type { MigrationInterface, QueryRunner } from 'typeorm';

export class KeyArchive1795500300000 implements MigrationInterface {
  readonly name = 'KeyArchive1795500300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "recovery_key" (
                "id" text NOT NULL,
                "public_key" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_1085f48c9ad9e0228b28e2bab03" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_a6e2cc19b69f46bdba885edcf8" ON "recovery_key" ("created_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "archived_key" (
                "certificate_id" uuid NOT NULL,
                "kind" text NOT NULL,
                "key_origin" text NOT NULL,
                "recovery_key_id" text NOT NULL,
                "jwe" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "archived_key_encrypts" CHECK (
                    "kind" = 'ENCRYPTION'
                    AND "key_origin" = 'SERVER'
                ),
                CONSTRAINT "PK_ff78da80709dae028cc7010a984" PRIMARY KEY ("certificate_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "recovered_certificate" (
                "profile_id" uuid NOT NULL,
                "certificate_id" uuid NOT NULL,
                "recovered_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_396743e397f462e64ee94e3f95e" PRIMARY KEY ("profile_id", "certificate_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "key_recovery" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "certificate_ids" uuid array NOT NULL,
                "reason" text NOT NULL,
                "state" text NOT NULL,
                "requested_by" uuid NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "approved_at" TIMESTAMP WITH TIME ZONE,
                "used_at" TIMESTAMP WITH TIME ZONE,
                "enrolment_id" uuid,
                CONSTRAINT "PK_3df8d53f41c1e9fbed34c98f979" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_5f25eff9e904f1ad6f1656ddde" ON "key_recovery" ("user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "key_recovery_open_by_expiry" ON "key_recovery" ("expires_at")
            WHERE state IN ('REQUESTED', 'APPROVED')
        `);
    await queryRunner.query(`
            CREATE INDEX "key_recovery_by_creation" ON "key_recovery" ("created_at", "id")
        `);
    await queryRunner.query(`
            CREATE TABLE "key_recovery_approval" (
                "recovery_id" uuid NOT NULL,
                "approver_id" uuid NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_983409124e7bba4628ed04f91c6" PRIMARY KEY ("recovery_id", "approver_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "prepared_key" (
                "recovery_id" uuid NOT NULL,
                "certificate_id" uuid NOT NULL,
                "sealed_key" bytea NOT NULL,
                CONSTRAINT "PK_9919327cfba498523ae0e59057c" PRIMARY KEY ("recovery_id", "certificate_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "enrolment_recovery" (
                "enrolment_id" uuid NOT NULL,
                "certificate_id" uuid NOT NULL,
                "recovery_id" uuid,
                CONSTRAINT "PK_177be4408ea457829ea917edc1c" PRIMARY KEY ("enrolment_id", "certificate_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "wrapped_key" (
                "profile_id" uuid NOT NULL,
                "certificate_id" uuid NOT NULL,
                "jwe" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_cb5d5f7d034e88f08247d6fd805" PRIMARY KEY ("profile_id", "certificate_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_73b977760ee83a8331f33cfd0a" ON "wrapped_key" ("created_at")
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment"
            ADD "archives_keys" boolean NOT NULL DEFAULT false
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "certificate_by_origin" ON "certificate" ("id", "kind", "key_origin")
        `);
    await queryRunner.query(`
            ALTER TABLE "certificate"
            ADD CONSTRAINT "certificate_server_keys_encrypt" CHECK (
                    "key_origin" = 'DEVICE'
                    OR "kind" = 'ENCRYPTION'
                )
        `);
    await queryRunner.query(`
            ALTER TABLE "archived_key"
            ADD CONSTRAINT "archived_key_of_certificate" FOREIGN KEY ("certificate_id", "kind", "key_origin") REFERENCES "certificate"("id", "kind", "key_origin") ON DELETE NO ACTION ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "recovered_certificate"
            ADD CONSTRAINT "recovered_certificate_is_archived" FOREIGN KEY ("certificate_id") REFERENCES "archived_key"("certificate_id") ON DELETE NO ACTION ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "prepared_key"
            ADD CONSTRAINT "prepared_key_is_archived" FOREIGN KEY ("certificate_id") REFERENCES "archived_key"("certificate_id") ON DELETE NO ACTION ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment_recovery"
            ADD CONSTRAINT "enrolment_recovery_of_archived" FOREIGN KEY ("certificate_id") REFERENCES "archived_key"("certificate_id") ON DELETE NO ACTION ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "wrapped_key"
            ADD CONSTRAINT "wrapped_key_is_archived" FOREIGN KEY ("certificate_id") REFERENCES "archived_key"("certificate_id") ON DELETE NO ACTION ON UPDATE NO ACTION
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "wrapped_key" DROP CONSTRAINT "wrapped_key_is_archived"
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment_recovery" DROP CONSTRAINT "enrolment_recovery_of_archived"
        `);
    await queryRunner.query(`
            ALTER TABLE "prepared_key" DROP CONSTRAINT "prepared_key_is_archived"
        `);
    await queryRunner.query(`
            ALTER TABLE "recovered_certificate" DROP CONSTRAINT "recovered_certificate_is_archived"
        `);
    await queryRunner.query(`
            ALTER TABLE "archived_key" DROP CONSTRAINT "archived_key_of_certificate"
        `);
    await queryRunner.query(`
            ALTER TABLE "certificate" DROP CONSTRAINT "certificate_server_keys_encrypt"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."certificate_by_origin"
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment" DROP COLUMN "archives_keys"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_73b977760ee83a8331f33cfd0a"
        `);
    await queryRunner.query(`
            DROP TABLE "wrapped_key"
        `);
    await queryRunner.query(`
            DROP TABLE "enrolment_recovery"
        `);
    await queryRunner.query(`
            DROP TABLE "prepared_key"
        `);
    await queryRunner.query(`
            DROP TABLE "key_recovery_approval"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."key_recovery_by_creation"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."key_recovery_open_by_expiry"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_5f25eff9e904f1ad6f1656ddde"
        `);
    await queryRunner.query(`
            DROP TABLE "key_recovery"
        `);
    await queryRunner.query(`
            DROP TABLE "recovered_certificate"
        `);
    await queryRunner.query(`
            DROP TABLE "archived_key"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_a6e2cc19b69f46bdba885edcf8"
        `);
    await queryRunner.query(`
            DROP TABLE "recovery_key"
        `);
  }
}
