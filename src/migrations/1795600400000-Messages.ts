import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What projects say beside the QR code that have not worded it themselves; it is printed on sheets now. */
const REWORD = `
            UPDATE "project" SET "settings" = jsonb_set("settings", '{instructions}', to_jsonb($2::text))
            WHERE "settings"->>'instructions' = $1
        `;
const FOR_A_PAGE =
  'Scan the QR code with the camera of your phone and follow the steps there. Keep this page open until it says that your mobile ID is active.';
const FOR_PAPER_TOO =
  'Scan the QR code with the camera of your phone, open the link and follow the steps there.';

/** Mails and text messages, with where they have got to. */
export class Messages1795600400000 implements MigrationInterface {
  readonly name = 'Messages1795600400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "message" (
                "id" uuid NOT NULL,
                "channel" text NOT NULL,
                "template" text NOT NULL,
                "subject_id" uuid NOT NULL,
                "project_id" uuid,
                "state" text NOT NULL DEFAULT 'QUEUED',
                "dispatch" integer NOT NULL DEFAULT '1',
                "queued_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "attempts" integer NOT NULL DEFAULT '0',
                "next_attempt_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "last_problem" text,
                "is_stranded" boolean NOT NULL DEFAULT false,
                "lease" text,
                "leased_until" TIMESTAMP WITH TIME ZONE,
                "recipient" text,
                "provider_reference" text,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "sent_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "PK_ba01f0a3e0123651915008bc578" PRIMARY KEY ("id")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "message_by_reference" ON "message" ("provider_reference")
            WHERE provider_reference IS NOT NULL
        `);
    await queryRunner.query(`
            CREATE INDEX "message_queued" ON "message" ("next_attempt_at")
            WHERE state = 'QUEUED'
        `);
    await queryRunner.query(`
            CREATE INDEX "message_stranded" ON "message" ("channel", "next_attempt_at")
            WHERE state = 'QUEUED' AND is_stranded
        `);
    await queryRunner.query(`
            CREATE INDEX "message_by_subject" ON "message" ("subject_id")
        `);
    await queryRunner.query(`
            CREATE INDEX "message_by_project" ON "message" ("project_id", "created_at", "id")
        `);
    await queryRunner.query(`
            CREATE INDEX "message_by_creation" ON "message" ("created_at", "id")
        `);
    await queryRunner.query(REWORD, [FOR_A_PAGE, FOR_PAPER_TOO]);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(REWORD, [FOR_PAPER_TOO, FOR_A_PAGE]);
    await queryRunner.query(`
            DROP INDEX "message_by_creation"
        `);
    await queryRunner.query(`
            DROP INDEX "message_by_project"
        `);
    await queryRunner.query(`
            DROP INDEX "message_by_subject"
        `);
    await queryRunner.query(`
            DROP INDEX "message_stranded"
        `);
    await queryRunner.query(`
            DROP INDEX "message_queued"
        `);
    await queryRunner.query(`
            DROP INDEX "message_by_reference"
        `);
    await queryRunner.query(`
            DROP TABLE "message"
        `);
  }
}
