export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What this library asks of a log. pino, winston and console-like loggers are adapted in one line each. */
export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

export const silentLogger: Logger = { log() {} };

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One event is one line of at most this size, its line break left out, whatever a stranger wrote into a header. */
const MAX_LINE_BYTES = 2_000;
/** How long the message and each field may be: less of each when the line would be too long, so that none pushes out another. */
const MAX_PART_CHARS = [500, 100, 20] as const;

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
      const render = format === "json" ? jsonLine : textLine;
      for (const maxChars of MAX_PART_CHARS) {
        const line = render({
          at,
          level: eventLevel,
          message: clean(message, maxChars),
          fields: cleaned(fields, maxChars),
        });
        if (Buffer.byteLength(line) <= MAX_LINE_BYTES) return write(`${line}\n`);
      }
      // More fields than any event has: what happened is all that there is room for.
      write(`${render({ at, level: eventLevel, message: clean(message, MAX_PART_CHARS[0]), fields: {} })}\n`);
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

interface Event {
  readonly at: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

function jsonLine({ at, level, message, fields }: Event): string {
  return JSON.stringify({ time: at, level, message, ...fields });
}

function textLine({ at, level, message, fields }: Event): string {
  return `${at} ${level.toUpperCase().padEnd(5)} ${message}${textFields(fields)}`;
}

function cleaned(fields: LogFields, maxChars: number): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === "string" ? clean(value, maxChars) : value]),
  );
}

/** On one line, and nothing that moves the cursor or turns the direction of writing. */
function clean(text: string, maxChars: number): string {
  const cut = text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, " ");
}

function textFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(
      ([key, value]) => ` ${key}=${typeof value === "string" && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
    )
    .join("");
}
