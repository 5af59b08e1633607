import type { MigrationInterface, QueryRunner } from 'typeorm';

export class MobileIdProofs1795400700000 implements MigrationInterface {
  readonly name = 'MobileIdProofs1795400700000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "client_certificate" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "to_be_signed_hash" bytea NOT NULL,
                "fingerprint" text NOT NULL,
                "subject" text NOT NULL,
                "issuer" text NOT NULL,
                "not_after" TIMESTAMP WITH TIME ZONE NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_6ae3204aa9555a55ef108dc87ca" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_fb91caf99c0e623e0bfd25b929" ON "client_certificate" ("user_id")
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_44c1b6e617d12e2a6deb953e37" ON "client_certificate" ("to_be_signed_hash")
        `);
    await queryRunner.query(`CREATE TABLE "mobile_id_proof" (
                "id" uuid NOT NULL,
                "session_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "code_hash" bytea NOT NULL,
                "state" text NOT NULL,
                "address" text NOT NULL,
                "user_agent" text,
                "profile_id" uuid,
                "fingerprint" text,
                "device_name" text,
                "answered_at" TIMESTAMP WITH TIME ZONE,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_f1ad943d7153f28b8f6089211de" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_33b72a0c902f35f9eb673d4693" ON "mobile_id_proof" ("code_hash")
        `);
    await queryRunner.query(`CREATE INDEX "IDX_5a4baf98491ec6aecd85af2b7e" ON "mobile_id_proof" ("created_at")
        `);
    await queryRunner.query(`CREATE INDEX "mobile_id_proof_by_expiry" ON "mobile_id_proof" ("expires_at")
            WHERE state IN ('WAITING', 'ANSWERED')
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "mobile_id_proof_open" ON "mobile_id_proof" ("session_id")
            WHERE state IN ('WAITING', 'ANSWERED')
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."mobile_id_proof_open"
        `);
    await queryRunner.query(`DROP INDEX "public"."mobile_id_proof_by_expiry"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_5a4baf98491ec6aecd85af2b7e"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_33b72a0c902f35f9eb673d4693"
        `);
    await queryRunner.query(`DROP TABLE "mobile_id_proof"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_44c1b6e617d12e2a6deb953e37"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_fb91caf99c0e623e0bfd25b929"
        `);
    await queryRunner.query(`DROP TABLE "client_certificate"
        `);
  }
}
