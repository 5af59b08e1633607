import { connect, type TestSocket } from './edge/edge-socket';
import type { TestServer } from './server';

const FOLLOW = 'subscription ($id: ID!) { mobileIdProof(id: $id) { id state deviceName } }';

/** A page that follows one proof by mobile ID. */
export class ProofWatcher {
  private constructor(private readonly socket: TestSocket) {}

  static async open({ url }: TestServer, token: string, id: string): Promise<ProofWatcher> {
    const params = { authorization: `Bearer ${token}` };
    const socket = await connect(`${url}/graphql`, { params });
    socket.run(FOLLOW, { variables: { id } });
    return new ProofWatcher(socket);
  }

  /** The next state, `COMPLETE`, or the code of the refusal. */
  async next(): Promise<string> {
    const { type, payload } = await this.socket.next();
    if (type === 'complete') return 'COMPLETE';
    if (type === 'error') return payload?.[0]?.extensions['code'] as string;
    const [error] = payload?.errors ?? [];
    if (error !== undefined) return error.extensions['code'] as string;
    return (payload?.data?.['mobileIdProof'] as { state: string }).state;
  }

  get closed(): Promise<number> {
    return this.socket.closed;
  }

  async close(): Promise<void> {
    this.socket.ws.close();
    await this.socket.closed;
  }
}
