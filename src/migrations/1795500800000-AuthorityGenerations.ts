import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AuthorityGenerations1795500800000 implements MigrationInterface {
  readonly name = 'AuthorityGenerations1795500800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "certificate_authority"
            ADD "state" text NOT NULL DEFAULT 'ACTIVE',
            ADD "retired_at" TIMESTAMP WITH TIME ZONE,
            ALTER COLUMN "sealed_key" DROP NOT NULL
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_ef9a253b69e39816e32db24797"`);
    await queryRunner.query(`CREATE UNIQUE INDEX "certificate_authority_one_active" ON "certificate_authority" ("role")
            WHERE state = 'ACTIVE'
        `);
  }

  /** Only where no key was ever rolled over, and none lies in a token. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."certificate_authority_one_active"`);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_ef9a253b69e39816e32db24797" ON "certificate_authority" ("role")
        `);
    await queryRunner.query(`ALTER TABLE "certificate_authority"
            ALTER COLUMN "sealed_key" SET NOT NULL,
            DROP COLUMN "retired_at",
            DROP COLUMN "state"
        `);
  }
}
