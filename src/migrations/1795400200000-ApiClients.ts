import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ApiClients1795400200000 implements MigrationInterface {
  readonly name = 'ApiClients1795400200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "api_client" (
                "id" uuid NOT NULL,
                "client_id" text NOT NULL,
                "name" text NOT NULL,
                "scopes" text array NOT NULL,
                "project_ids" uuid array NOT NULL,
                "jwks" jsonb,
                "enabled" boolean NOT NULL,
                "token_generation" integer NOT NULL DEFAULT '1',
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_82a5ec6981d2be903a9eb1d9b9a" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_a0ad7eb2aef50308b512c483ad" ON "api_client" ("client_id")
        `);
    await queryRunner.query(`CREATE TABLE "api_client_secret" (
                "secret_hash" bytea NOT NULL,
                "api_client_id" uuid NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_d795076c5f7c336345ac0c40449" PRIMARY KEY ("secret_hash")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_c4d60e885d5e98031ed5ea4b79" ON "api_client_secret" ("api_client_id")
        `);
    await queryRunner.query(`CREATE TABLE "api_client_address" (
                "api_client_id" uuid NOT NULL,
                "address" text NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_78f460895cacc6865038bf6d50b" PRIMARY KEY ("api_client_id", "address")
            )
        `);
    await queryRunner.query(`CREATE TABLE "oauth_assertion" (
                "id" text NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_acec4714d6104ae9312bf811a82" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_0a07cdac7a165933e8b38714e7" ON "oauth_assertion" ("expires_at")
        `);
    await queryRunner.query(`CREATE TABLE "oauth_signing_key" (
                "kid" text NOT NULL,
                "public_jwk" jsonb NOT NULL,
                "private_key" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_9951e027196f17dc9fe718cd37f" PRIMARY KEY ("kid")
            )
        `);
    await queryRunner.query(`ALTER TABLE "enrolment"
            ALTER COLUMN "ordered_in_session" DROP NOT NULL
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`UPDATE "enrolment" SET "ordered_in_session" = "ordered_by" WHERE "ordered_in_session" IS NULL
        `);
    await queryRunner.query(`ALTER TABLE "enrolment"
            ALTER COLUMN "ordered_in_session"
            SET NOT NULL
        `);
    await queryRunner.query(`DROP TABLE "oauth_signing_key"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_0a07cdac7a165933e8b38714e7"
        `);
    await queryRunner.query(`DROP TABLE "oauth_assertion"
        `);
    await queryRunner.query(`DROP TABLE "api_client_address"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_c4d60e885d5e98031ed5ea4b79"
        `);
    await queryRunner.query(`DROP TABLE "api_client_secret"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_a0ad7eb2aef50308b512c483ad"
        `);
    await queryRunner.query(`DROP TABLE "api_client"
        `);
  }
}
