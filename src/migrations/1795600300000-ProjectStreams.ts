import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events of a project's enrolments get an order that stands: by epoch, transaction and number. Its enrolments are listed alone. */
export class ProjectStreams1795600300000 implements MigrationInterface {
  readonly name = 'ProjectStreams1795600300000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "log_epoch" (
                "epoch" integer NOT NULL,
                "history" text NOT NULL,
                "began_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "PK_log_epoch" PRIMARY KEY ("epoch")
            )
        `);
    await queryRunner.query(`CREATE FUNCTION project_log_history() RETURNS text LANGUAGE sql STABLE AS $$
            SELECT system_identifier::text || '.' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) FROM pg_control_system()
        $$`);
    await queryRunner.query(`CREATE FUNCTION project_log_present() RETURNS integer LANGUAGE sql STABLE AS $$
            SELECT coalesce((
                SELECT CASE WHEN history = project_log_history() THEN epoch ELSE epoch + 1 END
                FROM log_epoch ORDER BY epoch DESC LIMIT 1), 1)
        $$`);
    await queryRunner.query(`CREATE FUNCTION project_log_xid() RETURNS bigint LANGUAGE sql VOLATILE AS $$
            SELECT pg_current_xact_id()::text::bigint
        $$`);
    // The first event of an epoch begins it; another at the same time waits for that, and finds it.
    await queryRunner.query(`CREATE FUNCTION project_log_epoch() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
            DECLARE
                latest log_epoch;
                present text := project_log_history();
            BEGIN
                LOOP
                    SELECT * INTO latest FROM log_epoch ORDER BY epoch DESC LIMIT 1;
                    IF latest.history = present THEN
                        RETURN latest.epoch;
                    END IF;
                    INSERT INTO log_epoch (epoch, history) VALUES (coalesce(latest.epoch, 0) + 1, present) ON CONFLICT DO NOTHING;
                END LOOP;
            END
        $$`);
    await queryRunner.query(`
            ALTER TABLE "enrolment_event"
            ADD "project_id" uuid,
            ADD "epoch" integer NOT NULL DEFAULT 0,
            ADD "xid" bigint NOT NULL DEFAULT 0,
            ADD "log_number" bigint
        `);
    await queryRunner.query(`
            UPDATE "enrolment_event" e SET "project_id" = o."project_id", "log_number" = o."log_number"
            FROM (
                SELECT n."project_id", v."enrolment_id", v."number",
                    row_number() OVER (ORDER BY v."at", v."enrolment_id", v."number") AS "log_number"
                FROM "enrolment_event" v JOIN "enrolment" n ON n."id" = v."enrolment_id"
            ) o
            WHERE e."enrolment_id" = o."enrolment_id" AND e."number" = o."number"
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment_event"
            ALTER COLUMN "project_id" SET NOT NULL,
            ALTER COLUMN "epoch" SET DEFAULT project_log_epoch(),
            ALTER COLUMN "xid" SET DEFAULT project_log_xid(),
            ALTER COLUMN "log_number" SET NOT NULL,
            ALTER COLUMN "log_number" ADD GENERATED ALWAYS AS IDENTITY
        `);
    await queryRunner.query(`
            SELECT setval(pg_get_serial_sequence('enrolment_event', 'log_number'),
                (SELECT coalesce(max("log_number"), 0) + 1 FROM "enrolment_event"), false)
        `);
    await queryRunner.query(`
            CREATE INDEX "enrolment_event_by_project" ON "enrolment_event" ("project_id", "epoch", "xid", "log_number")
        `);
    await queryRunner.query(`
            CREATE INDEX "enrolment_by_project" ON "enrolment" ("project_id", "created_at", "id")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."enrolment_by_project"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."enrolment_event_by_project"
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment_event"
            DROP COLUMN "log_number",
            DROP COLUMN "xid",
            DROP COLUMN "epoch",
            DROP COLUMN "project_id"
        `);
    await queryRunner.query(`DROP FUNCTION project_log_epoch()`);
    await queryRunner.query(`DROP FUNCTION project_log_xid()`);
    await queryRunner.query(`DROP FUNCTION project_log_present()`);
    await queryRunner.query(`DROP FUNCTION project_log_history()`);
    await queryRunner.query(`
            DROP TABLE "log_epoch"
        `);
  }
}
