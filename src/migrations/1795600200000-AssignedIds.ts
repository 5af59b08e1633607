import type { MigrationInterface, QueryRunner } from 'typeorm';

/** IDs that phones are assigned. */
export class AssignedIds1795600200000 implements MigrationInterface {
  readonly name = 'AssignedIds1795600200000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "assigned_id" (
                "id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "number" bigint NOT NULL,
                "value" text NOT NULL,
                "device_thumbprint" text NOT NULL,
                "status" text NOT NULL,
                "host_reference" text,
                "profile_id" uuid,
                "assigned_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "confirmed_at" TIMESTAMP WITH TIME ZONE,
                "revoked_at" TIMESTAMP WITH TIME ZONE,
                "last_seen_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "assigned_id_host" CHECK (("status" <> 'CONFIRMED') OR ("host_reference" IS NOT NULL)),
                CONSTRAINT "assigned_id_revoked" CHECK (("status" = 'REVOKED') = ("revoked_at" IS NOT NULL)),
                CONSTRAINT "assigned_id_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "assigned_id_number" ON "assigned_id" ("project_id", "number")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "assigned_id_value" ON "assigned_id" ("project_id", "value")
        `);
    await queryRunner.query(`
            CREATE INDEX "assigned_id_by_reference" ON "assigned_id" ("project_id", "host_reference")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "assigned_id_of_device" ON "assigned_id" ("project_id", "device_thumbprint")
            WHERE status <> 'REVOKED'
        `);
    await queryRunner.query(`
            CREATE INDEX "assigned_id_standing_of_device" ON "assigned_id" ("device_thumbprint")
            WHERE status <> 'REVOKED'
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "assigned_id_of_profile" ON "assigned_id" ("profile_id")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "assigned_id"`);
  }
}
