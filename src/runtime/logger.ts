export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What this library asks of a log. pino, winston and console-like loggers are adapted in one line each. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

export const silentLogger: Logger = { log() {} };

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One event is one line of at most this size, whatever a stranger wrote into a header. */
const MAX_LINE_CHARS = 2_000;

export interface LineLoggerOptions {
  /** A function: of the moment. */
  readonly level: LogLevel | (() => LogLevel);
  readonly format: "text" | "json";
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/** Readable lines for a terminal, JSON lines for a machine. Control characters never reach either. */
export function lineLogger({ level, format, now, write }: LineLoggerOptions): Logger {
  return {
    log(eventLevel, message, fields = {}) {
      if (RANK[eventLevel] < RANK[typeof level === "string" ? level : level()]) return;
      const at = new Date(now()).toISOString();
      const line =
        format === "json"
          ? JSON.stringify({ time: at, level: eventLevel, message: clean(message), ...cleaned(fields) })
          : `${at} ${eventLevel.toUpperCase().padEnd(5)} ${clean(message)}${textFields(cleaned(fields))}`;
      write(`${format === "text" && line.length > MAX_LINE_CHARS ? `${line.slice(0, MAX_LINE_CHARS)}…` : line}\n`);
    },
  };
}

export function withFields(logger: Logger, fixed: LogFields): Logger {
  return { log: (level, message, fields) => logger.log(level, message, { ...fixed, ...fields }) };
}

/** A log that fails is no reason to lose a mail. */
export function neverThrows(logger: Logger): Logger {
  return {
    log(level, message, fields) {
      try {
        logger.log(level, message, fields);
      } catch {
        // There is nobody left to tell.
      }
    },
  };
}

function cleaned(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? clean(value) : value]),
  );
}

/** On one line, and at most a quarter of it: one long field must not push the others out. */
function clean(text: string): string {
  const cut = text.length > MAX_LINE_CHARS / 4 ? `${text.slice(0, MAX_LINE_CHARS / 4)}…` : text;
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ");
}

function textFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(
      ([key, value]) => ` ${key}=${typeof value === "string" && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
    )
    .join("");
}
