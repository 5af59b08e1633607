import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OneTimeCodes1795400500000 implements MigrationInterface {
  readonly name = 'OneTimeCodes1795400500000';

  /** Codes that are under way are lost: they are good for ten minutes, and asked for again. */
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "email_code"');
    await queryRunner.query(`
            CREATE TABLE "one_time_code" (
                "id" uuid NOT NULL,
                "method" text NOT NULL,
                "session_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "address" text NOT NULL,
                "code_hash" bytea NOT NULL,
                "attempts" integer NOT NULL DEFAULT '0',
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "closed_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_9fa97786ad11230e9563879e5bd" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_7c0547c7ae8140efe38ad6c6c8" ON "one_time_code" ("session_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_cfe5282c72330de7c83102931e" ON "one_time_code" ("user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_73ae7e2aa77d4cf7bb2305c98a" ON "one_time_code" ("expires_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "password_link" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "purpose" text NOT NULL,
                "address" text NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "closed_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_3c8fd40434c805db4646e78a44f" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_9626f4b738c896096be55ad7e1" ON "password_link" ("user_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_d566a0c1060f91cac343a6d6e2" ON "password_link" ("expires_at")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."IDX_d566a0c1060f91cac343a6d6e2"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_9626f4b738c896096be55ad7e1"
        `);
    await queryRunner.query(`
            DROP TABLE "password_link"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_73ae7e2aa77d4cf7bb2305c98a"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_cfe5282c72330de7c83102931e"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_7c0547c7ae8140efe38ad6c6c8"
        `);
    await queryRunner.query(`
            DROP TABLE "one_time_code"
        `);
    await queryRunner.query(`CREATE TABLE "email_code" (
                "id" uuid NOT NULL,
                "session_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "address" text NOT NULL,
                "code_hash" bytea NOT NULL,
                "attempts" integer NOT NULL DEFAULT '0',
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "closed_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_d2df8df5dfc4063f18fb7a576da" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_c5a8a0e2895fe9bd53c652ee19" ON "email_code" ("session_id")
        `);
    await queryRunner.query(`CREATE INDEX "IDX_44db23172935dd1f4c5b4ee174" ON "email_code" ("user_id")
        `);
    await queryRunner.query(`CREATE INDEX "IDX_666084b6e0af583e41c1a18b87" ON "email_code" ("expires_at")
        `);
  }
}
