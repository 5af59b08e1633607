/** What is wrong with a file, and where. */
export interface ImportProblem {
  /** Counted from 1, the header's; 0 where it is no line's. */
  readonly line: number;
  /** As the header calls it; null where it is not about one column. */
  readonly column: string | null;
  readonly message: string;
}

/** So many are told; the others are counted. */
export const TOLD_PROBLEMS = 100;

/** The first problems of a file, and how many there are in all. */
export class ImportProblems {
  private readonly first: ImportProblem[] = [];
  private counted = 0;

  note(...problems: readonly ImportProblem[]): void {
    this.count(problems, problems.length);
  }

  /** @param total how many there are, of which `problems` are the first */
  count(problems: readonly ImportProblem[], total: number): void {
    this.first.push(...problems.slice(0, TOLD_PROBLEMS - this.first.length));
    this.counted += total;
  }

  get total(): number {
    return this.counted;
  }

  /** By line. */
  get told(): readonly ImportProblem[] {
    return [...this.first].sort((a, b) => a.line - b.line);
  }
}
