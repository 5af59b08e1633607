import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IdentityProviders1795400100000 implements MigrationInterface {
  readonly name = 'IdentityProviders1795400100000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE INDEX "session_evidence_by_provider" ON "session_evidence" ("provider")
            WHERE provider <> ''
        `);
    await queryRunner.query(`
            CREATE TABLE "identity_provider" (
                "id" uuid NOT NULL,
                "name" text NOT NULL,
                "label" text NOT NULL,
                "entity_id" text NOT NULL,
                "sign_in_url" text NOT NULL,
                "sign_out_url" text,
                "certificates" text array NOT NULL,
                "authentication_context" text,
                "attributes" jsonb NOT NULL,
                "create_users" boolean NOT NULL,
                "accept_unsolicited" boolean NOT NULL,
                "enabled" boolean NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "UQ_29978e05c99a7cc3a753cc1e950" UNIQUE ("name"),
                CONSTRAINT "PK_5f038d63f2887fd0893ae4c5736" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "saml_key" (
                "id" smallint NOT NULL,
                "certificate" bytea NOT NULL,
                "sealed_key" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_df3d51fa0a9110f10dcd3399759" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "saml_request" (
                "id" text NOT NULL,
                "provider_id" uuid NOT NULL,
                "kind" text NOT NULL,
                "browser_hash" bytea NOT NULL,
                "user_id" uuid,
                "return_to" text NOT NULL,
                "max_age_seconds" integer,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "answers" integer NOT NULL DEFAULT '0',
                "answered_at" TIMESTAMP WITH TIME ZONE,
                "finished_at" TIMESTAMP WITH TIME ZONE,
                "outcome" jsonb,
                CONSTRAINT "PK_b15965f9b2fadb121de2215a94d" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_ec98f7b6ef616dbb3dde6da482" ON "saml_request" ("expires_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "saml_message" (
                "provider_id" uuid NOT NULL,
                "message_id" text NOT NULL,
                "request_id" text,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_efb9c9b546a1022453bdbfeea72" PRIMARY KEY ("provider_id", "message_id")
            )
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "IDX_4b2a64b2baf618a7a0366024af" ON "saml_message" ("request_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_358e2a05b1ce090c26aeb6f60a" ON "saml_message" ("expires_at")
        `);
    await queryRunner.query(`
            CREATE TABLE "saml_identity" (
                "provider_id" uuid NOT NULL,
                "subject" text NOT NULL,
                "user_id" uuid NOT NULL,
                "created_user" boolean NOT NULL,
                "linked_in_session" boolean NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_fb9a11437a993075bfe1bb39c37" PRIMARY KEY ("provider_id", "subject")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_90cf2119fadd5eda623d6660af" ON "saml_identity" ("user_id")
        `);
    await queryRunner.query(`
            CREATE UNIQUE INDEX "IDX_2192122c77e6b3a053178871f2" ON "saml_identity" ("provider_id", "user_id")
        `);
    await queryRunner.query(`
            CREATE TABLE "saml_session" (
                "session_id" uuid NOT NULL,
                "provider_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "name_id" text NOT NULL,
                "name_id_format" text,
                "name_qualifier" text,
                "sp_name_qualifier" text,
                "session_index" text,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_d30194d06856ae90a6b42de6610" PRIMARY KEY ("session_id", "provider_id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_e09b1a96c0666c2669fa1acdf3" ON "saml_session" ("created_at")
        `);
    await queryRunner.query(`
            CREATE INDEX "IDX_db14f9b5b0d0b4b11a99fdb76e" ON "saml_session" ("provider_id", "name_id")
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."IDX_db14f9b5b0d0b4b11a99fdb76e"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_e09b1a96c0666c2669fa1acdf3"
        `);
    await queryRunner.query(`
            DROP TABLE "saml_session"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_2192122c77e6b3a053178871f2"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_90cf2119fadd5eda623d6660af"
        `);
    await queryRunner.query(`
            DROP TABLE "saml_identity"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_358e2a05b1ce090c26aeb6f60a"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_4b2a64b2baf618a7a0366024af"
        `);
    await queryRunner.query(`
            DROP TABLE "saml_message"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."IDX_ec98f7b6ef616dbb3dde6da482"
        `);
    await queryRunner.query(`
            DROP TABLE "saml_request"
        `);
    await queryRunner.query(`
            DROP TABLE "saml_key"
        `);
    await queryRunner.query(`
            DROP TABLE "identity_provider"
        `);
    await queryRunner.query(`
            DROP INDEX "public"."session_evidence_by_provider"
        `);
  }
}
