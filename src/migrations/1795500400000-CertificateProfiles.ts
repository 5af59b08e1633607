import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CertificateProfiles1795500400000 implements MigrationInterface {
  readonly name = 'CertificateProfiles1795500400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE "project" ADD "certificate_profiles" jsonb NOT NULL DEFAULT '{}'`,
    );
    await queryRunner.query(
      `ALTER TABLE "enrolment" ADD "certificate_terms" jsonb NOT NULL DEFAULT '{}'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "enrolment" DROP COLUMN "certificate_terms"`);
    await queryRunner.query(`ALTER TABLE "project" DROP COLUMN "certificate_profiles"`);
  }
}
