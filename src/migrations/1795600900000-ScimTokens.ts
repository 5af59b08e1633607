import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Long-lived tokens of API clients, for directories that push by SCIM. */
export class ScimTokens1795600900000 implements MigrationInterface {
  readonly name = 'ScimTokens1795600900000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "scim_token" (
                "id" uuid NOT NULL,
                "token_hash" bytea NOT NULL,
                "api_client_id" uuid NOT NULL,
                "project_id" uuid,
                "name" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "scim_token_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "scim_token_hash" ON "scim_token" ("token_hash")
        `);
    await queryRunner.query(`
            CREATE INDEX "scim_token_of_client" ON "scim_token" ("api_client_id")
        `);
    await queryRunner.query(`
            ALTER TABLE "scim_token"
            ADD CONSTRAINT "scim_token_client" FOREIGN KEY ("api_client_id") REFERENCES "api_client"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "scim_token" DROP CONSTRAINT "scim_token_client"
        `);
    await queryRunner.query(`
            DROP INDEX "scim_token_of_client"
        `);
    await queryRunner.query(`
            DROP INDEX "scim_token_hash"
        `);
    await queryRunner.query(`
            DROP TABLE "scim_token"
        `);
  }
}
