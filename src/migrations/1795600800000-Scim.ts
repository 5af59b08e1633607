import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What directories push into projects by SCIM: what they know of their users, and their groups. */
export class Scim1795600800000 implements MigrationInterface {
  readonly name = 'Scim1795600800000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "scim_user" (
                "project_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "external_id" text,
                "given_name" text,
                "family_name" text,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "scim_user_pkey" PRIMARY KEY ("project_id", "user_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "scim_user_external_id" ON "scim_user" ("project_id", "external_id")
        `);
    await queryRunner.query(`
            CREATE TABLE "scim_group" (
                "id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "display_name" text NOT NULL,
                "external_id" text,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "scim_group_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "scim_group_of_project" ON "scim_group" ("project_id", "id")
        `);
    await queryRunner.query(`
            CREATE TABLE "scim_group_member" (
                "group_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                CONSTRAINT "scim_group_member_pkey" PRIMARY KEY ("group_id", "user_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "scim_group_member_of_user" ON "scim_group_member" ("user_id")
        `);
    await queryRunner.query(`
            ALTER TABLE "scim_group_member"
            ADD CONSTRAINT "scim_group_member_group" FOREIGN KEY ("group_id") REFERENCES "scim_group"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "scim_group_member" DROP CONSTRAINT "scim_group_member_group"
        `);
    await queryRunner.query(`
            DROP INDEX "scim_group_member_of_user"
        `);
    await queryRunner.query(`
            DROP TABLE "scim_group_member"
        `);
    await queryRunner.query(`
            DROP INDEX "scim_group_of_project"
        `);
    await queryRunner.query(`
            DROP TABLE "scim_group"
        `);
    await queryRunner.query(`
            DROP INDEX "scim_user_external_id"
        `);
    await queryRunner.query(`
            DROP TABLE "scim_user"
        `);
  }
}
