import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Versions of access rules. What a rule says today becomes its version 1. */
export class RuleVersions1795400300000 implements MigrationInterface {
  readonly name = 'RuleVersions1795400300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "access_rule_version" (
                "rule_id" uuid NOT NULL,
                "version" integer NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "actor" text NOT NULL,
                "actor_id" uuid,
                "change" text NOT NULL,
                "rule" jsonb NOT NULL,
                CONSTRAINT "PK_access_rule_version" PRIMARY KEY ("rule_id", "version")
            )
        `);
    await queryRunner.query(`ALTER TABLE "access_policy"
            ADD "defaults" smallint NOT NULL DEFAULT '1'
        `);
    await queryRunner.query(`INSERT INTO "access_rule_version" ("rule_id", "version", "at", "actor", "change", "rule")
            SELECT "id", 1, "updated_at", 'system:upgrade', 'CREATED', jsonb_build_object(
                'name', "name", 'description', "description", 'enabled', "enabled", 'effect', "effect",
                'resources', to_jsonb("resources"), 'when', "conditions", 'require', "requirement")
            FROM "access_rule"
        `);
    await queryRunner.query(`CREATE FUNCTION access_rule_version_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'access_rule_version is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$`);
    await queryRunner.query(`CREATE TRIGGER access_rule_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
            ON access_rule_version FOR EACH STATEMENT EXECUTE FUNCTION access_rule_version_refuse_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "access_rule_version"`);
    await queryRunner.query('DROP FUNCTION access_rule_version_refuse_change()');
    await queryRunner.query(`ALTER TABLE "access_policy" DROP COLUMN "defaults"`);
  }
}
