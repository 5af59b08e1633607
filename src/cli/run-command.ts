import { asksForHelp, UsageError } from './command-line.js';
import { forgiveClosedReaders } from './output.js';

const MISUSED = 2;

export interface Command {
  /** As npm knows it. */
  readonly name: string;
  readonly usage: string;
  /** @returns its exit status */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** Runs a command of the console to its exit status; what goes wrong is said in one line. */
export function runCommand(command: Command): void {
  forgiveClosedReaders();
  void statusOf(command, process.argv.slice(2)).then((status) => {
    process.exitCode = status;
  });
}

/** For who misused it: what is wrong, and where to read more. */
export function misuse(name: string, { message }: UsageError): string {
  return `${message} Help: npm run ${name} -- --help\n`;
}

async function statusOf({ name, usage, run }: Command, args: readonly string[]): Promise<number> {
  if (asksForHelp(args)) {
    process.stdout.write(usage);
    return 0;
  }
  if (args.length === 0) {
    process.stderr.write(usage);
    return MISUSED;
  }
  try {
    return await run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(misuse(name, error));
      return MISUSED;
    }
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
