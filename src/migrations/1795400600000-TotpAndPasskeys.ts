import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TotpAndPasskeys1795400600000 implements MigrationInterface {
  readonly name = 'TotpAndPasskeys1795400600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "passkey" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "credential_id" bytea NOT NULL,
                "public_key" bytea NOT NULL,
                "counter" bigint NOT NULL,
                "transports" text array NOT NULL,
                "is_backup_eligible" boolean NOT NULL,
                "is_backed_up" boolean NOT NULL,
                "name" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_783e2060d8025abd6a6ca45d2c7" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_2cdd8c9fe25bcdab1c4ea3057b" ON "passkey" ("user_id")
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_192d857208b2315375852a6e37" ON "passkey" ("credential_id")
        `);
    await queryRunner.query(`CREATE TABLE "passkey_challenge" (
                "id" uuid NOT NULL,
                "purpose" text NOT NULL,
                "session_id" uuid,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_aea61bf645973e49c770a7f4203" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_88244eb7683f8c68752df238be" ON "passkey_challenge" ("expires_at")
        `);
    await queryRunner.query(`CREATE TABLE "totp_authenticator" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "name" text NOT NULL,
                "sealed_secret" bytea NOT NULL,
                "last_step" bigint NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "confirmed_at" TIMESTAMP WITH TIME ZONE,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_45851c48a7fe4979a7cb6765164" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_beb5e0d380954fdb276f8d9b36" ON "totp_authenticator" ("user_id")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."IDX_beb5e0d380954fdb276f8d9b36"
        `);
    await queryRunner.query(`DROP TABLE "totp_authenticator"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_88244eb7683f8c68752df238be"
        `);
    await queryRunner.query(`DROP TABLE "passkey_challenge"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_192d857208b2315375852a6e37"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_2cdd8c9fe25bcdab1c4ea3057b"
        `);
    await queryRunner.query(`DROP TABLE "passkey"
        `);
  }
}
