import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows of files that are being imported. Unlogged, as none of them outlives its import. */
export class UserImports1795600600000 implements MigrationInterface {
  readonly name = 'UserImports1795600600000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE UNLOGGED TABLE "user_import_row" (
                "import_id" uuid NOT NULL,
                "line" integer NOT NULL,
                "staged_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "email" text NOT NULL,
                "email_key" text NOT NULL,
                "display_name" text NOT NULL,
                "host_id" text,
                "sync_id" text,
                "action" text,
                "user_id" uuid,
                "member_id" uuid,
                "changed" text array,
                "before" jsonb,
                "returns" boolean NOT NULL DEFAULT false,
                "is_shared" boolean NOT NULL DEFAULT false,
                "invites" boolean NOT NULL DEFAULT false,
                "problem" text,
                "seen" text,
                CONSTRAINT "user_import_row_pkey" PRIMARY KEY ("import_id", "line")
            )
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "user_import_row"
        `);
  }
}
