/** What each state may become. A state that may become nothing is final. */
export type Transitions<State extends string> = Readonly<Record<State, readonly State[]>>;

/** All states from which `to` may follow. */
export function predecessorsIn<State extends string>(
  table: Transitions<State>,
  to: State,
): State[] {
  return (Object.keys(table) as State[]).filter((from) => table[from].includes(to));
}
