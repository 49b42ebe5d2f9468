/** What a command sees of the process. */
export interface Surroundings {
  /** Results. */
  readonly out: (text: string) => void;
  /** Everything else. */
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Somebody reads standard error on a terminal. */
  readonly errIsTerminal: boolean;
}

export interface Command {
  readonly summary: string;
  /** What follows the command's name. */
  readonly usage: string;
  /** Gives the exit code. Throws `UsageError` for a command line that cannot be used. */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** The command line cannot be used. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

export function needConfig(path: string | undefined): string {
  if (path === undefined || path === "") throw new UsageError("--config FILE is missing");
  return path;
}
