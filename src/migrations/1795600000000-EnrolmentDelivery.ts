import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where an invitation has got to, and when it was first opened. */
export class EnrolmentDelivery1795600000000 implements MigrationInterface {
  readonly name = 'EnrolmentDelivery1795600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "enrolment"
            ADD "delivery" text
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment"
            ADD "opened_at" TIMESTAMP WITH TIME ZONE
        `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "enrolment" DROP COLUMN "opened_at"
        `);
    await queryRunner.query(`
            ALTER TABLE "enrolment" DROP COLUMN "delivery"
        `);
  }
}
