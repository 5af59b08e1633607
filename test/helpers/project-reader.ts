import { WebSocket } from 'ws';
import { ENROLMENT_LOG } from '../../src/features/enrolment/enrolment-log.service';
import type { EnrolmentStep } from '../../src/features/enrolment/status/project-enrolments.service';
import type { LogPosition, ProjectEvent } from '../../src/features/events/project-stream.service';
import type { ProjectId } from '../../src/kernel/ids';
import { noteSecret } from './run';
import { eventually, type TestServer } from './server';
import type { Ending, SeenEvent } from './subscription';

/** Reads once nothing is hidden any more: other tests of this cluster have transactions under way as well. */
export function settledEvents(
  { app }: Pick<TestServer, 'app'>,
  projectId: ProjectId,
  after: LogPosition = { epoch: -1, xid: '0', number: '0' },
): Promise<readonly (ProjectEvent & EnrolmentStep)[]> {
  return eventually(async () => {
    const page = await app.services.streams.read<EnrolmentStep>(ENROLMENT_LOG, projectId, {
      after,
    });
    return page.hidden === null ? page.events : undefined;
  });
}

export interface ProjectStep extends SeenEvent {
  readonly enrolment: { readonly id: string; readonly status: string };
}
interface Message {
  readonly type: string;
  readonly payload?: any;
}
export interface ReaderOptions {
  readonly token?: string;
  readonly after?: string;
  readonly watchToken?: string;
}

const STEPS = `subscription Steps($projectId: ID!, $after: String) {
  projectEnrolments(projectId: $projectId, after: $after) { cursor status at detail enrolment { id status } } }`;

/** A host system that follows a project over one socket (graphql-transport-ws), and remembers all that it was sent. */
export class ProjectReader {
  readonly steps: ProjectStep[] = [];
  readonly ended: Promise<Ending>;
  private readonly ws: WebSocket;
  private end: (ending: Ending) => void = () => undefined;
  private arrived: (() => void)[] = [];
  private ending: Ending | undefined;

  constructor(
    url: string,
    private readonly projectId: string,
    private readonly options: ReaderOptions = {},
  ) {
    const { token, watchToken } = options;
    for (const secret of [token, watchToken]) if (secret !== undefined) noteSecret(secret);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.ws = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    this.ws.on('error', () => undefined); // `close` follows
    this.ws.once('close', (code) => {
      this.finish({ kind: 'closed', code });
    });
    this.ws.once('open', () => {
      const payload = {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(watchToken === undefined ? {} : { watchToken }),
      };
      this.send({ type: 'connection_init', payload });
    });
    this.ws.on('message', (data: Buffer) => {
      this.receive(JSON.parse(data.toString()) as Message);
    });
  }

  get ids(): string[] {
    return this.steps.map(({ enrolment }) => enrolment.id);
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
      const variables = { projectId: this.projectId, after: this.options.after ?? null };
      this.send({ id: '1', type: 'subscribe', payload: { query: STEPS, variables } });
    } else if (type === 'complete') this.finish({ kind: 'complete' });
    else if (type === 'error') this.finish(refused(payload[0]));
    else if (type === 'next') this.take(payload);
  }

  private take({ data, errors }: { data?: any; errors?: any }): void {
    if (errors !== undefined) {
      this.finish(refused(errors[0]));
      return;
    }
    this.steps.push(data.projectEnrolments as ProjectStep);
    this.wake();
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

function refused(error: any): Ending {
  return { kind: 'error', code: error.extensions.code as string };
}
