import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Anchor } from '../../src/features/audit/audit-chain';
import { AuditLog } from '../helpers/audit-log';
import { runConsole } from '../helpers/processes/console';
import { Site } from '../helpers/processes/process';
import { eventually } from '../helpers/server';

/** Where there was no anchor. */
const NOWHERE: Anchor = { number: '0', seal: '' };

let log: AuditLog;
beforeEach(async () => {
  log = await AuditLog.open();
  await log.seal();
});
afterEach(() => log.close());

/** What is not as it was sealed, in one text. */
async function findings(...anchors: readonly Anchor[]): Promise<string> {
  return (await log.verify(...anchors)).findings.join('\n');
}

async function writeMany(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await log.write(`test.${String(i)}`);
}

describe('the sealer', () => {
  test('leaves out nothing that is committed late, however many committed before it', async () => {
    const sealer = log.sealer();
    let commit: () => void = () => undefined;
    const late = log.write('late', new Promise<void>((resolve) => (commit = resolve)));
    await log.write('early');
    const before = await log.sealedUpTo();
    for (let look = 0; look < 5; look++) expect(await log.seal(sealer)).toBeNull();
    expect(await log.sealedUpTo()).toBe(before);
    commit();
    await late;
    await log.seal(sealer);
    expect(await log.sealedUpTo()).toBe(before + 2);
    expect(await findings()).toBe('');
  });

  test('goes on while others write all the time', async () => {
    const sealer = log.sealer();
    let commit: () => void = () => undefined;
    const under = (): Promise<void> =>
      log.write('steady', new Promise<void>((resolve) => (commit = resolve)));
    let open = under();
    const before = await log.sealedUpTo();
    for (let round = 0; round < 4; round++) {
      await log.seal(sealer);
      const commitBefore = commit;
      const next = under();
      await eventually(async () => {
        const [{ count } = { count: 0 }] = await log.database.query<{ count: number }>(
          `SELECT count(*)::int FROM pg_locks WHERE relation = 'audit_entry'::regclass AND mode = 'RowExclusiveLock'
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return count === 2 ? true : undefined;
      });
      commitBefore();
      await open;
      open = next;
    }
    expect(await log.sealedUpTo()).toBeGreaterThan(before);
    commit();
    await open;
    await log.seal(sealer);
    expect(await findings()).toBe('');
  });

  test('seals each entry once, on however many instances', async () => {
    const sealers = [log.sealer(), log.sealer(), log.sealer()];
    const before = await log.sealedUpTo();
    let isWriting = true;
    const sealing = sealers.map(async (sealer) => {
      while (isWriting) await log.seal(sealer);
    });
    await Promise.all([writeMany(60), writeMany(60), writeMany(60)]);
    isWriting = false;
    await Promise.all(sealing);
    await log.seal();
    const [row] = await log.database.query<{ entries: number }>(
      'SELECT sum(entries)::int AS entries FROM audit_seal WHERE last_entry > $1',
      [before],
    );
    expect(row?.entries).toBe(180);
    expect(await findings()).toBe('');
  });

  test('parts a long backlog', async () => {
    await log.database.query(
      `INSERT INTO audit_entry (actor, action, outcome) SELECT 'test', 'test.many', 'SUCCESS' FROM generate_series(1, 1201)`,
    );
    await log.seal();
    const rows = await log.database.query<{ entries: number }>(
      'SELECT entries FROM audit_seal ORDER BY number DESC LIMIT 3',
    );
    expect(rows.map(({ entries }) => entries)).toEqual([201, 500, 500]);
  });

  test('builds on no seal that another key has made', async () => {
    await log.database.query(
      `INSERT INTO audit_seal SELECT number + 1, last_entry + 1000, 1, digest, seal, now() FROM audit_seal ORDER BY number DESC LIMIT 1`,
    );
    await log.write('after');
    await expect(log.seal()).rejects.toThrow("is not this server's");
    expect(await findings()).toContain('was changed, made with another key');
  });
});

describe('audit verify', () => {
  let first: number;
  beforeEach(async () => {
    first = (await log.sealedUpTo()) + 1;
    await writeMany(4);
    await log.seal();
    await writeMany(4);
    await log.seal();
  });
  const entry = (i: number): string => String(first + i);
  const COLUMNS = 'at, actor, actor_id, action, target, outcome, address, request_id, detail';

  test.each([
    ['actor', `'user:nobody'`],
    ['actor_id', 'gen_random_uuid()'],
    ['action', `'test.other'`],
    ['target', 'NULL'],
    ['outcome', `'REFUSED'`],
    ['address', `'192.0.2.1'`],
    ['request_id', `'another'`],
    ['detail', `''`],
    ['at', `at + interval '1 microsecond'`],
  ])('finds another %s', async (column, value) => {
    await log.tamper(`UPDATE audit_entry SET ${column} = ${value} WHERE id = ${entry(1)}`);
    const found = await findings();
    expect(found).toContain(`Entries ${entry(0)} to ${entry(3)} (seal 2, `);
    expect(found).toContain('at least one is not as it was sealed');
  });

  test.each<[what: string, said: RegExp, tamper: () => string[]]>([
    [
      'a missing entry',
      /seal 2, .*: 1 of 4 sealed ones missing/,
      () => [`DELETE FROM audit_entry WHERE id = ${entry(2)}`],
    ],
    [
      'the last sealed entry missing',
      /seal 3, .*: 1 of 4 sealed ones missing/,
      () => [`DELETE FROM audit_entry WHERE id = ${entry(7)}`],
    ],
    [
      'an entry added before all others',
      /seal 1, .*: 1 of \d+ sealed ones added/,
      () => [
        `INSERT INTO audit_entry (id, actor, action, outcome) OVERRIDING SYSTEM VALUE VALUES (-5, 'x', 'x', 'SUCCESS')`,
      ],
    ],
    [
      'an entry in the place of another',
      /seal 2, .*: at least one is not as it was sealed/,
      () => [
        `DELETE FROM audit_entry WHERE id = ${entry(1)}`,
        `INSERT INTO audit_entry (id, actor, action, outcome) OVERRIDING SYSTEM VALUE VALUES (${entry(1)}, 'x', 'x', 'SUCCESS')`,
      ],
    ],
    [
      'two entries that have changed places',
      /seal 2, .*: at least one is not as it was sealed/,
      () => [
        `CREATE TEMP TABLE a AS SELECT * FROM audit_entry WHERE id IN (${entry(0)}, ${entry(1)})`,
        `DELETE FROM audit_entry WHERE id IN (${entry(0)}, ${entry(1)})`,
        `INSERT INTO audit_entry (id, ${COLUMNS}) OVERRIDING SYSTEM VALUE
         SELECT ${entry(0)} + ${entry(1)} - id, ${COLUMNS} FROM a`,
      ],
    ],
    [
      'an entry moved under the next seal',
      /seal 2, .*: 1 of 4 sealed ones missing[^]*seal 3, .*: at least one is not as it was sealed/,
      () => [
        `CREATE TEMP TABLE a AS SELECT * FROM audit_entry WHERE id = ${entry(3)}`,
        `DELETE FROM audit_entry WHERE id IN (${entry(3)}, ${entry(5)})`,
        `INSERT INTO audit_entry (id, ${COLUMNS}) OVERRIDING SYSTEM VALUE SELECT ${entry(5)}, ${COLUMNS} FROM a`,
      ],
    ],
    [
      'a missing seal',
      /Seal 2 is missing: the next one there is 3/,
      () => ['DELETE FROM audit_seal WHERE number = 2'],
    ],
    [
      'seals counted anew after one was taken away',
      /Seal 2 was changed/,
      () => [
        'DELETE FROM audit_seal WHERE number = 2',
        'UPDATE audit_seal SET number = 2 WHERE number = 3',
      ],
    ],
    [
      'a seal changed together with its entries',
      /Seal 3 was changed/,
      () => [
        `DELETE FROM audit_entry WHERE id = ${entry(7)}`,
        `UPDATE audit_seal SET entries = entries - 1, last_entry = ${entry(6)} WHERE number = 3`,
      ],
    ],
    [
      'a seal with another time',
      /Seal 2 was changed/,
      () => [
        `UPDATE audit_seal SET sealed_at = sealed_at - interval '1 microsecond' WHERE number = 2`,
      ],
    ],
  ])('finds %s', async (_what, said, statements) => {
    await log.tamper(...statements());
    expect(await findings()).toMatch(said);
  });

  test('finds an end that was cut off, by an anchor from before', async () => {
    const { anchor } = await log.verify();
    await log.tamper(
      'DELETE FROM audit_seal WHERE number = 3',
      `DELETE FROM audit_entry WHERE id >= ${entry(4)}`,
    );
    expect(await findings()).toBe('');
    expect(await findings(anchor ?? NOWHERE)).toBe(
      'Seal 3, known from elsewhere, is missing or another.',
    );
  });

  test('finds a chain made anew over other entries, by an anchor from before', async () => {
    const { anchor } = await log.verify();
    await log.tamper(
      'TRUNCATE audit_seal',
      `UPDATE audit_entry SET actor = 'user:nobody' WHERE id = ${entry(1)}`,
    );
    for (let number = 0; number < 3; number++) {
      await log.write('more');
      await log.seal();
    }
    expect(await findings()).toBe('');
    expect(await findings(anchor ?? NOWHERE)).toContain('Seal 3, known from elsewhere');
  });
});

test('a running server seals what it writes, and says so when the chain is cut behind its back', async () => {
  const site = await Site.start({ database: log.database });
  try {
    const anchorFile = join(site.dataDir, 'audit.anchor');
    const anchor = async (): Promise<string> => (await readFile(anchorFile, 'utf8')).trim();
    const sealed = async (action: string): Promise<void> => {
      await log.write(action);
      await eventually(async () => ((await log.verify()).unsealed === 0 ? true : undefined));
    };
    await sealed('first');
    const before = await eventually(async () => {
      const { anchor: last } = await log.verify();
      const kept = await anchor().catch(() => '');
      return kept === `${last?.number ?? ''}:${last?.seal ?? ''}` ? kept : undefined;
    });
    await log.tamper('TRUNCATE audit_seal');
    await eventually(() =>
      Promise.resolve(
        /of the audit log is gone, or another/.exec(site.process.output) ?? undefined,
      ),
    );
    await sealed('second');
    expect(await anchor()).toBe(before);
    expect((await log.verify()).findings).toEqual([]);
    const settings = { ...log.settings, DATA_DIR: site.dataDir };
    expect(await runConsole('audit', settings, 'verify')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('known from elsewhere'),
    });
  } finally {
    await site.remove();
  }
});
