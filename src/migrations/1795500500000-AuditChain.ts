import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AuditChain1795500500000 implements MigrationInterface {
  readonly name = 'AuditChain1795500500000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "audit_seal" (
                "number" bigint NOT NULL,
                "last_entry" bigint NOT NULL,
                "entries" integer NOT NULL,
                "digest" bytea NOT NULL,
                "seal" bytea NOT NULL,
                "sealed_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_audit_seal" PRIMARY KEY ("number")
            )
        `);
    await queryRunner.query(`ALTER TABLE "audit_entry" ALTER COLUMN "at" SET DEFAULT now()`);
    await queryRunner.query(`CREATE FUNCTION audit_seal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'audit_seal is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$`);
    await queryRunner.query(`CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
            FOR EACH STATEMENT EXECUTE FUNCTION audit_seal_refuse_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER audit_seal_append_only ON audit_seal');
    await queryRunner.query('DROP FUNCTION audit_seal_refuse_change()');
    await queryRunner.query(`ALTER TABLE "audit_entry" ALTER COLUMN "at" DROP DEFAULT`);
    await queryRunner.query(`DROP TABLE "audit_seal"
        `);
  }
}
