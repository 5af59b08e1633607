import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Initial1795291418159 implements MigrationInterface {
  readonly name = 'Initial1795291418159';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE "access_policy" (
                "id" smallint NOT NULL,
                "version" uuid NOT NULL,
                CONSTRAINT "PK_d2cb96774eb7651c6a3bdc64633" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE TABLE "access_rule" (
                "id" uuid NOT NULL,
                "position" integer NOT NULL,
                "name" text NOT NULL,
                "description" text,
                "enabled" boolean NOT NULL,
                "effect" text NOT NULL,
                "resources" text array NOT NULL,
                "conditions" jsonb NOT NULL,
                "requirement" jsonb NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "UQ_3fd2c0cbcbcb57b6d65970324cd" UNIQUE ("position"),
                CONSTRAINT "PK_0dcf6f12463394723bfacae31a0" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE TABLE "audit_entry" (
                "id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "actor" text NOT NULL,
                "actor_id" uuid,
                "action" text NOT NULL,
                "target" text,
                "outcome" text NOT NULL,
                "address" text,
                "request_id" text,
                "detail" text,
                CONSTRAINT "PK_58a130a4b9da189f46ba2a01801" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_723d6799375fad42c4016bf4a4" ON "audit_entry" ("target", "id")
        `);
    await queryRunner.query(`CREATE INDEX "IDX_97535621724623160ea0427566" ON "audit_entry" ("actor", "id")
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
    await queryRunner.query(`CREATE TABLE "certificate_authority" (
                "id" uuid NOT NULL,
                "role" text NOT NULL,
                "key_algorithm" text NOT NULL,
                "certificate" bytea NOT NULL,
                "sealed_key" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_ab6b363094e3dcf2ce47dc54f52" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_ef9a253b69e39816e32db24797" ON "certificate_authority" ("role")
        `);
    await queryRunner.query(`CREATE TABLE "certificate" (
                "id" uuid NOT NULL,
                "profile_id" uuid NOT NULL,
                "issuer_id" uuid NOT NULL,
                "kind" text NOT NULL,
                "status" text NOT NULL,
                "serial_number" text NOT NULL,
                "subject" text NOT NULL,
                "issuer" text NOT NULL,
                "not_before" TIMESTAMP WITH TIME ZONE NOT NULL,
                "not_after" TIMESTAMP WITH TIME ZONE NOT NULL,
                "key_origin" text NOT NULL,
                "der" bytea NOT NULL,
                "fingerprint" text NOT NULL,
                "public_key_hash" bytea NOT NULL,
                "revoked_at" TIMESTAMP WITH TIME ZONE,
                "revocation_reason" text,
                CONSTRAINT "PK_8daddfc65f59e341c2bbc9c9e43" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_df0f30b2cb3503c90802c04808" ON "certificate" ("profile_id")
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_fba396b4320ca3eeb5568643dc" ON "certificate" ("serial_number")
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_bef36ca57acf255fe5ce1a0fca" ON "certificate" ("public_key_hash")
        `);
    await queryRunner.query(`CREATE INDEX "certificate_by_expiry" ON "certificate" ("not_after")
            WHERE status IN ('VALID', 'ON_HOLD')
        `);
    await queryRunner.query(`CREATE TABLE "enrolment" (
                "id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "status" text NOT NULL,
                "certificates" text array NOT NULL,
                "channel" text NOT NULL,
                "confirmation" text NOT NULL,
                "validity_days" integer NOT NULL,
                "profile_limit" integer NOT NULL,
                "server_name" text NOT NULL,
                "profile_name" text NOT NULL,
                "account_name" text NOT NULL,
                "generation" integer NOT NULL,
                "code_ttl_seconds" integer NOT NULL,
                "code_expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "completed_at" TIMESTAMP WITH TIME ZONE,
                "last_event" integer NOT NULL,
                "ordered_by" uuid NOT NULL,
                "ordered_in_session" uuid NOT NULL,
                "idempotency_key" text,
                "order_digest" bytea NOT NULL,
                "device_id" uuid,
                "device_thumbprint" text,
                "confirmation_attempts" integer NOT NULL DEFAULT '0',
                "requests_digest" bytea,
                "profile_id" uuid,
                "failure_code" text,
                CONSTRAINT "PK_5d2679f6c891d77c58aa0e05f2b" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "enrolment_by_creation" ON "enrolment" ("created_at", "id")
        `);
    await queryRunner.query(`CREATE INDEX "enrolment_by_orderer" ON "enrolment" ("ordered_by")
        `);
    await queryRunner.query(`CREATE INDEX "enrolment_waiting_by_code" ON "enrolment" ("code_expires_at")
            WHERE status = 'WAITING_FOR_SCAN'
        `);
    await queryRunner.query(`CREATE INDEX "enrolment_open_by_deadline" ON "enrolment" ("expires_at")
            WHERE status NOT IN (
                    'ACTIVE',
                    'CANCELLED',
                    'EXPIRED',
                    'FAILED',
                    'SUPERSEDED'
                )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "enrolment_idempotency" ON "enrolment" ("ordered_by", "idempotency_key")
            WHERE idempotency_key IS NOT NULL
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "enrolment_one_open_per_user" ON "enrolment" ("project_id", "user_id")
            WHERE status NOT IN (
                    'ACTIVE',
                    'CANCELLED',
                    'EXPIRED',
                    'FAILED',
                    'SUPERSEDED'
                )
        `);
    await queryRunner.query(`CREATE INDEX "enrolment_by_user" ON "enrolment" ("user_id", "project_id")
        `);
    await queryRunner.query(`CREATE TABLE "enrolment_code" (
                "code_hash" bytea NOT NULL,
                "enrolment_id" uuid NOT NULL,
                "generation" integer NOT NULL,
                CONSTRAINT "PK_4710c538dfac886fd2848fe63a2" PRIMARY KEY ("code_hash")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_f04e9dbed8043c4504f6588a33" ON "enrolment_code" ("enrolment_id")
        `);
    await queryRunner.query(`CREATE TABLE "enrolment_event" (
                "enrolment_id" uuid NOT NULL,
                "number" integer NOT NULL,
                "status" text NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "detail" text,
                CONSTRAINT "PK_06132e21984732060ef1ca14320" PRIMARY KEY ("enrolment_id", "number")
            )
        `);
    await queryRunner.query(`CREATE TABLE "device" (
                "id" uuid NOT NULL,
                "thumbprint" text NOT NULL,
                "name" text NOT NULL,
                "platform" text NOT NULL,
                "model" text,
                "first_seen_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_2dc10972aa4e27c01378dad2c72" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_dcee4704866ceefdcec1424c78" ON "device" ("thumbprint")
        `);
    await queryRunner.query(`CREATE TABLE "profile" (
                "id" uuid NOT NULL,
                "project_id" uuid NOT NULL,
                "user_id" uuid,
                "enrolment_id" uuid NOT NULL,
                "device_id" uuid NOT NULL,
                "name" text NOT NULL,
                "account_name" text NOT NULL,
                "server_name" text NOT NULL,
                "state" text NOT NULL,
                "valid_from" TIMESTAMP WITH TIME ZONE NOT NULL,
                "valid_to" TIMESTAMP WITH TIME ZONE NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_3dd8bfc97e4a77c70971591bdcb" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_d752442f45f258a8bdefeebb2f" ON "profile" ("user_id")
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_86fe8bb70aaa82663ad145b114" ON "profile" ("enrolment_id")
        `);
    await queryRunner.query(`CREATE INDEX "IDX_0f7532fe6d38a8e6345cb60f68" ON "profile" ("device_id")
        `);
    await queryRunner.query(`CREATE INDEX "profile_by_expiry" ON "profile" ("valid_to")
            WHERE state IN ('ACTIVE', 'INACTIVE')
        `);
    await queryRunner.query(`CREATE INDEX "IDX_aa1756c3002c722fb691a4edf6" ON "profile" ("project_id", "user_id")
        `);
    await queryRunner.query(`CREATE INDEX "profile_by_creation" ON "profile" ("created_at", "id")
        `);
    await queryRunner.query(`CREATE TABLE "project" (
                "id" uuid NOT NULL,
                "name" text NOT NULL,
                "name_key" text NOT NULL,
                "mode" text NOT NULL,
                "settings" jsonb NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "project_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "project_name_key" ON "project" ("name_key")
        `);
    await queryRunner.query(`CREATE INDEX "project_by_age" ON "project" ("created_at", "id")
        `);
    await queryRunner.query(`CREATE TABLE "session" (
                "id" uuid NOT NULL,
                "user_id" uuid NOT NULL,
                "token_hash" bytea NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_used_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "ended_at" TIMESTAMP WITH TIME ZONE,
                "address" text NOT NULL,
                "user_agent" text,
                CONSTRAINT "PK_f55da76ac1c3ac420f444d2ff11" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_30e98e8746699fb9af235410af" ON "session" ("user_id")
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_a83507eb0338ac037780e02f2b" ON "session" ("token_hash")
        `);
    await queryRunner.query(`CREATE INDEX "IDX_2223e981900a413ce4ce6386f9" ON "session" ("expires_at")
        `);
    await queryRunner.query(`CREATE TABLE "session_evidence" (
                "session_id" uuid NOT NULL,
                "method" text NOT NULL,
                "provider" text NOT NULL,
                "credential" text NOT NULL,
                "at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "PK_675d13aaf1623aa76624d3dca45" PRIMARY KEY ("session_id", "method", "provider", "credential")
            )
        `);
    await queryRunner.query(`CREATE TABLE "app_user" (
                "id" uuid NOT NULL,
                "external_id" text,
                "username" text NOT NULL,
                "username_key" text NOT NULL,
                "display_name" text NOT NULL,
                "email" text,
                "phone" text,
                "state" text NOT NULL,
                "roles" text array NOT NULL,
                "groups" text array NOT NULL,
                "password_hash" text,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "updated_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "app_user_external_id" ON "app_user" ("external_id")
        `);
    await queryRunner.query(`CREATE UNIQUE INDEX "app_user_username_key" ON "app_user" ("username_key")
        `);
    await queryRunner.query(`CREATE INDEX "app_user_by_age" ON "app_user" ("created_at", "id")
        `);
    await queryRunner.query(`CREATE TABLE "rate_limit" (
                "key" character varying(255) NOT NULL,
                "points" integer NOT NULL DEFAULT '0',
                "expire" bigint,
                CONSTRAINT "PK_e6c0c0608decdf78e4d4b263397" PRIMARY KEY ("key")
            )
        `);
    await queryRunner.query(`CREATE INDEX "IDX_233c8a903eb628b1166e4ae231" ON "rate_limit" ("expire")
        `);
    await queryRunner.query(`CREATE FUNCTION audit_entry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'audit_entry is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$`);
    await queryRunner.query(`CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
            FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER audit_entry_append_only ON audit_entry');
    await queryRunner.query('DROP FUNCTION audit_entry_refuse_change()');
    await queryRunner.query(`DROP INDEX "public"."IDX_233c8a903eb628b1166e4ae231"
        `);
    await queryRunner.query(`DROP TABLE "rate_limit"
        `);
    await queryRunner.query(`DROP INDEX "public"."app_user_by_age"
        `);
    await queryRunner.query(`DROP INDEX "public"."app_user_username_key"
        `);
    await queryRunner.query(`DROP INDEX "public"."app_user_external_id"
        `);
    await queryRunner.query(`DROP TABLE "app_user"
        `);
    await queryRunner.query(`DROP TABLE "session_evidence"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_2223e981900a413ce4ce6386f9"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_a83507eb0338ac037780e02f2b"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_30e98e8746699fb9af235410af"
        `);
    await queryRunner.query(`DROP TABLE "session"
        `);
    await queryRunner.query(`DROP INDEX "public"."project_by_age"
        `);
    await queryRunner.query(`DROP INDEX "public"."project_name_key"
        `);
    await queryRunner.query(`DROP TABLE "project"
        `);
    await queryRunner.query(`DROP INDEX "public"."profile_by_creation"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_aa1756c3002c722fb691a4edf6"
        `);
    await queryRunner.query(`DROP INDEX "public"."profile_by_expiry"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_0f7532fe6d38a8e6345cb60f68"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_86fe8bb70aaa82663ad145b114"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_d752442f45f258a8bdefeebb2f"
        `);
    await queryRunner.query(`DROP TABLE "profile"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_dcee4704866ceefdcec1424c78"
        `);
    await queryRunner.query(`DROP TABLE "device"
        `);
    await queryRunner.query(`DROP TABLE "enrolment_event"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_f04e9dbed8043c4504f6588a33"
        `);
    await queryRunner.query(`DROP TABLE "enrolment_code"
        `);
    await queryRunner.query(`DROP INDEX "public"."enrolment_by_user"
        `);
    await queryRunner.query(`DROP INDEX "public"."enrolment_one_open_per_user"
        `);
    await queryRunner.query(`DROP INDEX "public"."enrolment_idempotency"
        `);
    await queryRunner.query(`DROP INDEX "public"."enrolment_open_by_deadline"
        `);
    await queryRunner.query(`DROP INDEX "public"."enrolment_waiting_by_code"
        `);
    await queryRunner.query(`DROP INDEX "public"."enrolment_by_orderer"
        `);
    await queryRunner.query(`DROP INDEX "public"."enrolment_by_creation"
        `);
    await queryRunner.query(`DROP TABLE "enrolment"
        `);
    await queryRunner.query(`DROP INDEX "public"."certificate_by_expiry"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_bef36ca57acf255fe5ce1a0fca"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_fba396b4320ca3eeb5568643dc"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_df0f30b2cb3503c90802c04808"
        `);
    await queryRunner.query(`DROP TABLE "certificate"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_ef9a253b69e39816e32db24797"
        `);
    await queryRunner.query(`DROP TABLE "certificate_authority"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_666084b6e0af583e41c1a18b87"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_44db23172935dd1f4c5b4ee174"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_c5a8a0e2895fe9bd53c652ee19"
        `);
    await queryRunner.query(`DROP TABLE "email_code"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_97535621724623160ea0427566"
        `);
    await queryRunner.query(`DROP INDEX "public"."IDX_723d6799375fad42c4016bf4a4"
        `);
    await queryRunner.query(`DROP TABLE "audit_entry"
        `);
    await queryRunner.query(`DROP TABLE "access_rule"
        `);
    await queryRunner.query(`DROP TABLE "access_policy"
        `);
  }
}
