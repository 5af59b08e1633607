import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const TYPES = { A: 1, AAAA: 28 } as const;
export type Records = Readonly<Partial<Record<keyof typeof TYPES, readonly (readonly number[])[]>>>;

/** A DNS server on loopback (RFC 1035) with the same records for every name; `SILENT` never answers. */
export class TestDnsServer {
  /** Questions that have come. */
  asked = 0;
  private readonly socket: Socket = createSocket('udp4');

  constructor(private readonly records: Records | 'SILENT') {}

  async start(): Promise<string> {
    this.socket.on('message', (query, { port, address }) => {
      this.asked += 1;
      if (this.records !== 'SILENT') this.socket.send(answerTo(query, this.records), port, address);
    });
    this.socket.bind(0, '127.0.0.1');
    await once(this.socket, 'listening');
    return `127.0.0.1:${String(this.socket.address().port)}`;
  }

  stop(): void {
    this.socket.close();
  }
}

function answerTo(query: Buffer, records: Records): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const question = query.subarray(12, end);
  const type = query.readUInt16BE(end - 4);
  const found = type === TYPES.A ? records.A : type === TYPES.AAAA ? records.AAAA : undefined;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(found?.length ?? 0, 6);
  const answers = (found ?? []).map((bytes) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(60, 6);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, Buffer.from(bytes)]);
  });
  return Buffer.concat([header, question, ...answers]);
}
