/** Name of a domain event and, for the compiler, the shape of what it tells. */
export interface EventType<E> {
  readonly name: string;
  readonly shape?: E;
}

/** Declares a domain event in a slice's `.events` file. */
export function eventType<E>(name: string): EventType<E> {
  return { name };
}

type Handler<Scope, E> = (scope: Scope, event: E) => Promise<void>;

/** Who is told of which event. Filled once, at composition; handlers run in the order in which they were registered. */
export class EventHandlers<Scope> {
  private readonly byName = new Map<string, Handler<Scope, unknown>[]>();

  on<E>(type: EventType<E>, handler: Handler<Scope, E>): void {
    const known = this.byName.get(type.name) ?? [];
    this.byName.set(type.name, [...known, handler as Handler<Scope, unknown>]);
  }

  /** Runs them inside the transaction of `scope`; a throw undoes all of it. */
  async run<E>(scope: Scope, type: EventType<E>, event: E): Promise<void> {
    for (const handler of this.byName.get(type.name) ?? []) await handler(scope, event);
  }
}
