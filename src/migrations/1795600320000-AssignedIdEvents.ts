import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What became of assigned IDs, in the order that the project's streams are read in: their functions have to be there. */
export class AssignedIdEvents1795600320000 implements MigrationInterface {
  readonly name = 'AssignedIdEvents1795600320000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "assigned_id_event" (
                "number" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "assigned_id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "kind" text NOT NULL,
                "profile_id" uuid NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "epoch" integer NOT NULL DEFAULT project_log_epoch(),
                "xid" bigint NOT NULL DEFAULT project_log_xid(),
                CONSTRAINT "assigned_id_event_pkey" PRIMARY KEY ("number")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "assigned_id_event_by_project" ON "assigned_id_event" ("project_id", "epoch", "xid", "number")
        `);
    await queryRunner.query(`
            CREATE INDEX "assigned_id_event_of_profile" ON "assigned_id_event" ("profile_id")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "assigned_id_event"`);
  }
}
