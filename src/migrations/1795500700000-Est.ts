import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Est1795500700000 implements MigrationInterface {
  readonly name = 'Est1795500700000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "est_answer" (
                "origin_id" uuid NOT NULL,
                "kind" text NOT NULL,
                "certificate_id" uuid NOT NULL,
                "request_digest" bytea NOT NULL,
                "sealed_key" bytea,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "est_answer_keys_encrypt" CHECK ("sealed_key" IS NULL OR "kind" = 'ENCRYPTION'),
                CONSTRAINT "PK_255e242a38fc4bb9b3412a1c8b5" PRIMARY KEY ("origin_id", "kind")
            )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_65b0a250ffbd450bcd65fcad0a" ON "est_answer" ("certificate_id")
        `);
    await queryRunner.query(`CREATE INDEX "IDX_c327437b307f44f07e92da0f82" ON "est_answer" ("request_digest")
        `);
    await queryRunner.query(`CREATE INDEX "est_answer_sealed" ON "est_answer" ("created_at")
            WHERE sealed_key IS NOT NULL
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."est_answer_sealed"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_c327437b307f44f07e92da0f82"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_65b0a250ffbd450bcd65fcad0a"
        `);
    await queryRunner.query(`DROP TABLE "est_answer"
        `);
  }
}
