import {
  createSourceEventStream,
  execute,
  getOperationAST,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
} from 'graphql';
import {
  makeServer,
  type Context,
  type ExecutionResult as SentResult,
  type Server,
  type SubscribePayload,
} from 'graphql-ws';
import type { WebSocket } from 'ws';
import { newId } from '../../../kernel/ids.js';
import type { Logger } from '../../../platform/logger.js';
import { credentialsIn } from '../credentials.js';
import { internalAnswer, logBugs, problemIn, toClientError, withRequestId } from '../errors.js';
import { nameOf, noOperation, type Pipeline } from '../execute.js';
import { Heartbeat } from './heartbeat.js';
import { LIMITS, limitError } from '../limits.js';
import { LiveSubscription } from './live-subscription.js';
import { SocketJudge } from './socket-judge.js';
import { CLOSE, Socket, type Live, type SocketContext, type SocketOrigin } from './socket.js';

const INIT_WITHIN_MS = 5_000;

type SocketArgs = ExecutionArgs & { readonly contextValue: SocketContext };
type GraphqlWsContext = Context<Record<string, unknown>, Socket>;

/** GraphQL over WebSocket (graphql-transport-ws): the same pipeline as over HTTP, and subscriptions. */
export class SubscriptionServer {
  private readonly sockets = new Set<Socket>();
  private readonly judge: SocketJudge;
  private readonly heartbeat = new Heartbeat();
  private readonly server: Server<Socket>;
  private readonly forgetPolicy: () => void;
  private draining = false;
  private policyChanges = 0;
  private onEmpty: (() => void) | undefined;

  constructor(
    private readonly pipeline: Pipeline,
    private readonly log: Logger,
  ) {
    this.judge = new SocketJudge(pipeline.ports, log);
    this.server = makeServer<Record<string, unknown>, Socket>({
      connectionInitWaitTimeout: INIT_WITHIN_MS,
      onConnect: (ctx) => this.connect(ctx),
      onSubscribe: (ctx, _id, payload) => this.prepare(ctx, payload),
      execute: (args) => this.execute(args as SocketArgs),
      subscribe: (args) => this.subscribe(args as SocketArgs),
      onNext: (...[, , , args, result]) => this.resultFor(args as SocketArgs, result),
      onError: (_ctx, _id, _payload, errors) => errors.map((error) => this.errorFor(error)),
    });
    this.forgetPolicy = pipeline.ports.onChange('access-policy', () => {
      this.policyChanges += 1;
      void this.judge.checkAll(this.sockets);
    });
    this.heartbeat.start();
  }

  get size(): number {
    return this.sockets.size;
  }

  /** @param cookieToken the session token of a cookie that counts, for this socket's connection_init */
  accept(ws: WebSocket, origin: SocketOrigin, cookieToken: string | undefined): void {
    const socket = new Socket(ws, origin, cookieToken);
    const share = this.heartbeat.add(socket);
    this.sockets.add(socket);
    ws.on('error', () => undefined); // `close` follows
    ws.on('pong', () => (socket.answered = true));
    const closed = this.server.opened(socket, socket);
    ws.once('close', (code, reason) => {
      share.delete(socket);
      socket.forgetSession?.();
      this.forget(socket);
      void closed(code, reason.toString());
    });
    if (this.draining) socket.close(...CLOSE.goingAway);
  }

  /** Takes no new operation, lets running ones finish for at most `graceMs`, and closes everything with 1001. */
  async drain(graceMs: number): Promise<void> {
    this.draining = true;
    this.forgetPolicy();
    this.heartbeat.stop();
    const emptied = new Promise<void>((resolve) => (this.onEmpty = resolve));
    for (const socket of this.sockets) this.closeIfIdle(socket);
    if (this.sockets.size > 0) {
      const timer = setTimeout(() => this.onEmpty?.(), graceMs);
      await emptied;
      clearTimeout(timer);
    }
    for (const socket of this.sockets) socket.terminate();
    await this.judge.stop();
  }

  private forget(socket: Socket): void {
    this.sockets.delete(socket);
    if (this.sockets.size === 0) this.onEmpty?.();
  }

  private async connect(ctx: GraphqlWsContext): Promise<boolean> {
    const { extra: socket, connectionParams = {} } = ctx;
    try {
      const credentials = credentialsIn(connectionParams, socket.takeCookieToken());
      delete (ctx as { connectionParams?: unknown }).connectionParams; // secrets are not kept
      const caller = await this.pipeline.ports.identify(credentials, {
        requestId: newId(),
        ...socket.origin,
      });
      if (!socket.isOpen) return false;
      socket.bind(caller);
      this.watchCaller(socket);
      return true;
    } catch (error) {
      if (problemIn(error) === undefined) this.judge.shut(socket, error);
      else socket.close(...CLOSE.sessionEnded);
      return false;
    }
  }

  private watchCaller(socket: Socket): void {
    if (socket.topic === undefined) return;
    socket.forgetSession = this.pipeline.ports.onChange(socket.topic, () => {
      void this.judge.check(socket);
    });
  }

  /** What is to be executed, or why nothing is. */
  private async prepare(
    { extra: socket, subscriptions }: GraphqlWsContext,
    payload: SubscribePayload,
  ): Promise<SocketArgs | readonly GraphQLError[]> {
    if (this.draining) return [goingAway()];
    if (Object.keys(subscriptions).length > LIMITS.operations) return [limitError('operations')];
    const document = this.pipeline.documents.read(payload.query);
    if (!('kind' in document)) return document;
    const operation = getOperationAST(document, payload.operationName);
    if (!operation) return [noOperation(payload.operationName)];
    const requestId: string = newId();
    const told = { transport: 'ws', operation: nameOf(operation), requestId };
    try {
      const { policyChanges } = this;
      const context = await this.judge.contextOf(socket, requestId, { active: true });
      const variables = payload.variables ?? {};
      const admission = await this.pipeline.admit(context, { document, operation, variables });
      this.log.info({ ...told, type: operation.operation }, 'operation');
      const contextValue = { ...context, socket, admission, policyChanges };
      return this.argsFor(payload, document, contextValue);
    } catch (error) {
      this.log.info({ ...told, type: operation.operation, refused: true }, 'operation');
      return [this.refusalOf(error, socket, requestId)];
    }
  }

  private argsFor(
    { operationName, variables }: SubscribePayload,
    document: ExecutionArgs['document'],
    contextValue: SocketContext,
  ): SocketArgs {
    return {
      schema: this.pipeline.schema,
      document,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
      contextValue,
    };
  }

  /** A refusal is the operation's own, so that the page can ask for what is missing; a session that is gone ends all. */
  private refusalOf(error: unknown, socket: Socket, requestId: string): GraphQLError {
    const problem = problemIn(error);
    if (problem?.code === 'UNAUTHENTICATED' && socket.isBound) {
      socket.close(...CLOSE.sessionEnded);
    }
    if (error instanceof GraphQLError) return error;
    if (problem === undefined) return this.fail(error, requestId);
    return new GraphQLError(problem.message, { originalError: problem });
  }

  private fail(error: unknown, requestId: string): GraphQLError {
    const problem = problemIn(error);
    if (problem !== undefined) return new GraphQLError(problem.message, { originalError: problem });
    logBugs(this.log, requestId, [error]);
    return internalAnswer(error, requestId);
  }

  private async execute(args: SocketArgs): Promise<ExecutionResult> {
    const { socket } = args.contextValue;
    if (!socket.isOpen) return { errors: [goingAway()] };
    socket.busy += 1;
    try {
      return await execute(args);
    } finally {
      socket.busy -= 1;
      if (this.draining)
        setImmediate(() => {
          this.closeIfIdle(socket);
        }); // the answer goes first
    }
  }

  private async subscribe(args: SocketArgs): Promise<LiveSubscription | ExecutionResult> {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const live = new LiveSubscription(args, source[Symbol.asyncIterator](), this.livePorts);
    this.judge.begin(live, args.contextValue);
    const { socket, policyChanges } = args.contextValue;
    if (!socket.isOpen) await live.return();
    if (policyChanges !== this.policyChanges) void this.judge.check(socket); // while the source was opened
    return live;
  }

  private readonly livePorts = {
    judge: (live: Live) => this.judge.beforeEvent(live),
    ended: (live: Live) => {
      this.judge.end(live);
    },
    fail: (error: unknown, requestId: string) => this.fail(error, requestId),
  };

  private closeIfIdle(socket: Socket): void {
    if (socket.busy === 0) socket.close(...CLOSE.goingAway);
  }

  private resultFor(
    { contextValue: { requestId } }: SocketArgs,
    { errors, data }: SentResult,
  ): FormattedExecutionResult | undefined {
    if (errors === undefined) return undefined;
    logBugs(this.log, requestId, errors);
    const formatted = errors.map((error) => withRequestId(this.errorFor(error), requestId));
    return { ...(data === undefined ? {} : { data }), errors: formatted };
  }

  private errorFor(error: GraphQLError): GraphQLFormattedError {
    return toClientError(error.toJSON(), error, this.pipeline);
  }
}

/** For an operation that comes too late: the socket is, or is about to be, closed. */
function goingAway(): GraphQLError {
  return new GraphQLError('The server is going away. Try again.');
}
