import { WebSocket } from 'ws';
import { noteSecret } from './run';
import type { Ending } from './subscription';

export interface IdStep {
  readonly cursor: string;
  readonly kind: string;
  readonly assignedId: { readonly value: string; readonly status: string };
}
interface Message {
  readonly type: string;
  readonly payload?: any;
}

const STEPS = `subscription ($projectId: ID!, $after: String) {
  assignedIds(projectId: $projectId, after: $after) { cursor kind at assignedId { value status } } }`;

/** A host system that follows a project's IDs over one socket, and remembers all that it was sent. */
export class IdReader {
  readonly steps: IdStep[] = [];
  readonly ended: Promise<Ending>;
  private readonly ws: WebSocket;
  private end: (ending: Ending) => void = () => undefined;
  private arrived: (() => void)[] = [];
  private ending: Ending | undefined;

  constructor(
    url: string,
    private readonly follow: { readonly projectId: string; readonly after?: string | undefined },
    token: string,
  ) {
    noteSecret(token);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    this.ws.on('error', () => undefined); // `close` follows
    this.ws.once('close', (code) => {
      this.finish({ kind: 'closed', code });
    });
    this.ws.once('open', () => {
      this.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    });
    this.ws.on('message', (data: Buffer) => {
      this.receive(JSON.parse(data.toString()) as Message);
    });
  }

  get seen(): string[] {
    return this.steps.map(({ kind, assignedId }) => `${assignedId.value} ${kind}`);
  }

  get cursor(): string {
    const last = this.steps.at(-1);
    if (last === undefined) throw new Error('No step has come yet.');
    return last.cursor;
  }

  /** Waits for so many steps in all. @throws Error where the subscription ends before */
  async until(count: number): Promise<this> {
    for (;;) {
      if (this.steps.length >= count) return this;
      if (this.ending !== undefined) throw new Error(`It ended: ${JSON.stringify(this.ending)}`);
      await new Promise<void>((resolve) => this.arrived.push(resolve));
    }
  }

  /** Cuts the connection without a word. */
  async drop(): Promise<void> {
    this.ws.terminate();
    await this.ended;
  }

  private receive({ type, payload }: Message): void {
    if (type === 'connection_ack') {
      const variables = { projectId: this.follow.projectId, after: this.follow.after ?? null };
      this.send({ id: '1', type: 'subscribe', payload: { query: STEPS, variables } });
    } else if (type === 'complete') this.finish({ kind: 'complete' });
    else if (type === 'error') this.refuse(payload[0]);
    else if (type === 'next') this.take(payload);
  }

  private take({ data, errors }: { data?: any; errors?: any }): void {
    if (errors !== undefined) this.refuse(errors[0]);
    else this.steps.push(data.assignedIds as IdStep);
    this.wake();
  }

  private refuse(error: any): void {
    this.finish({ kind: 'error', code: error.extensions.code as string });
  }

  private finish(ending: Ending): void {
    this.ending ??= ending;
    this.end(this.ending);
    this.wake();
  }

  private wake(): void {
    for (const arrived of this.arrived.splice(0)) arrived();
  }

  private send(message: object): void {
    this.ws.send(JSON.stringify(message));
  }
}
