import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Revocation1795500200000 implements MigrationInterface {
  readonly name = 'Revocation1795500200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "revocation_list" (
                "authority_id" uuid NOT NULL,
                "number" bigint NOT NULL,
                "this_update" TIMESTAMP WITH TIME ZONE NOT NULL,
                "next_update" TIMESTAMP WITH TIME ZONE NOT NULL,
                "scheduled_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "der" bytea NOT NULL,
                CONSTRAINT "PK_1daed2ca0ec04ef4053195c559b" PRIMARY KEY ("authority_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "revocation_change" (
                "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "authority_id" uuid NOT NULL,
                CONSTRAINT "PK_86c1ee95848f1ed83d17d637ae9" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_5de8aef88fe9b2231da18f01c1" ON "revocation_change" ("authority_id")
        `);
    await queryRunner.query(`
            CREATE TABLE "ocsp_signer" (
                "id" uuid NOT NULL,
                "authority_id" uuid NOT NULL,
                "serial_number" text NOT NULL,
                "certificate" bytea NOT NULL,
                "sealed_key" bytea NOT NULL,
                "not_after" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_b9dc5d194cddc81d5540366096e" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "IDX_bf7dda814fb067ded953038693" ON "ocsp_signer" ("serial_number")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_75754654229929ecab7817e84f" ON "ocsp_signer" ("authority_id", "not_after")
        `);
    await queryRunner.query(`
            ALTER TABLE "certificate_authority"
            ADD "revoked_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            ALTER TABLE "certificate_authority"
            ADD "revocation_reason" text
        `);
    await queryRunner.query(`
            CREATE INDEX "certificate_revoked" ON "certificate" ("issuer_id", "not_after", "serial_number")
            WHERE revoked_at IS NOT NULL
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."certificate_revoked"
        `);
    await queryRunner.query(`
            ALTER TABLE "certificate_authority" DROP COLUMN "revocation_reason"
        `);
    await queryRunner.query(`
            ALTER TABLE "certificate_authority" DROP COLUMN "revoked_at"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_75754654229929ecab7817e84f"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_bf7dda814fb067ded953038693"
        `);
    await queryRunner.query(`
            DROP TABLE "ocsp_signer"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_5de8aef88fe9b2231da18f01c1"
        `);
    await queryRunner.query(`
            DROP TABLE "revocation_change"
        `);
    await queryRunner.query(`
            DROP TABLE "revocation_list"
        `);
  }
}
