import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { databaseSchema } from '../../src/entities';
import { AuditSealService } from '../../src/features/audit/audit-seal.service';
import { AuditService } from '../../src/features/audit/audit.service';
import type { Anchor } from '../../src/features/audit/audit-chain';
import {
  AuditVerificationService,
  type AuditReport,
} from '../../src/features/audit/audit-verification.service';
import { KeyRing } from '../../src/kernel/secrets';
import { createDataSource } from '../../src/platform/database/database';
import { EventHandlers } from '../../src/platform/event-handlers';
import { UnitOfWork } from '../../src/platform/scope';
import { createTestDatabase, type TestDatabase } from './database';
import { testRun } from './run';

/** A log without a server: written and sealed when a test says so, over connections of the server's own role. */
export class AuditLog {
  private readonly audit = new AuditService();

  private constructor(
    readonly database: TestDatabase,
    private readonly source: DataSource,
    private readonly work: UnitOfWork,
  ) {}

  static async open(): Promise<AuditLog> {
    const database = await createTestDatabase();
    const source = createDataSource({ url: database.serverUrl }, databaseSchema, 8);
    await source.initialize();
    return new AuditLog(database, source, new UnitOfWork(source, new EventHandlers()));
  }

  private get keys(): KeyRing {
    return new KeyRing(Buffer.from(testRun().masterKey, 'base64'));
  }

  get settings(): Readonly<Record<string, string>> {
    return { DATABASE_URL: this.database.serverUrl, MASTER_KEY: testRun().masterKey };
  }

  /** One that another instance would have. */
  sealer(): AuditSealService {
    return new AuditSealService(this.keys);
  }

  /** Seals all there is that can be sealed, and tells the last seal. */
  async seal(sealer = this.sealer()): Promise<Anchor | null> {
    const request = await this.work.systemRequest('test', randomUUID());
    let last: Anchor | null = null;
    for (;;) {
      const anchor = await this.work.change(request, (scope) => sealer.sealNext(scope));
      if (anchor === null) return last;
      last = anchor;
    }
  }

  /** What `audit verify` finds. */
  async verify(...anchors: readonly Anchor[]): Promise<AuditReport> {
    const request = await this.work.systemRequest('test', randomUUID());
    const verification = new AuditVerificationService(this.keys, this.sealer());
    return verification.verify(this.work.read(request), anchors);
  }

  /** @param until resolves when its transaction may commit */
  async write(action: string, until: Promise<unknown> = Promise.resolve()): Promise<void> {
    const request = await this.work.systemRequest('test', randomUUID());
    await this.work.change(request, async (scope) => {
      await this.audit.record(scope, { action, target: `test:${randomUUID()}` });
      await until;
    });
  }

  async sealedUpTo(): Promise<number> {
    const [row] = await this.database.query<{ last: string }>(
      'SELECT coalesce(max(last_entry), 0) AS last FROM audit_seal',
    );
    return Number(row?.last);
  }

  /** What nobody but the tables' owner could do. */
  async tamper(...statements: readonly string[]): Promise<void> {
    const client = new Client({ connectionString: this.database.url });
    await client.connect();
    try {
      for (const statement of [
        'ALTER TABLE audit_entry DISABLE TRIGGER ALL',
        'ALTER TABLE audit_seal DISABLE TRIGGER ALL',
        ...statements,
        'ALTER TABLE audit_entry ENABLE TRIGGER ALL',
        'ALTER TABLE audit_seal ENABLE TRIGGER ALL',
      ]) {
        await client.query(statement);
      }
    } finally {
      await client.end();
    }
  }

  async close(): Promise<void> {
    await this.source.destroy();
    await this.database.drop();
  }
}
