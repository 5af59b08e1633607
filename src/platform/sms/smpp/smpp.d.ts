/** What Signet and its tests use of the library, which brings no types. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:net';

  export interface Pdu {
    readonly command: string;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly esm_class?: number;
    readonly message_id?: string;
    readonly short_message?: unknown;
    readonly system_id?: string;
    readonly password?: string;
    readonly source_addr?: string;
    readonly source_addr_ton?: number;
    readonly destination_addr?: string;
    readonly data_coding?: number;
    readonly registered_delivery?: number;
    readonly receipted_message_id?: string;
    readonly message_state?: number;
    response(fields?: Readonly<Record<string, unknown>>): Pdu;
    isResponse(): boolean;
  }
  export class Session extends EventEmitter {
    constructor(options: Readonly<Record<string, unknown>>);
    readonly sequence: number;
    send(pdu: Pdu, answered?: (answer: Pdu) => void): boolean;
    close(closed?: () => void): void;
    destroy(closed?: () => void): void;
  }
  /** For tests. */
  export function createServer(listener: (session: Session) => void): Server;
  export const PDU: new (command: string, fields: Readonly<Record<string, unknown>>) => Pdu;
}
