import {
  ChannelError,
  ConfigError,
  ConnectionError,
  InsecureConnectionError,
  LoginRefusedError,
  MailboxError,
  ServerBusyError,
  StorageError,
} from "../domain/errors.ts";

/** Exit codes of sysexits(3). */
export const EXIT = {
  ok: 0,
  usage: 64,
  /** An input file is not there or cannot be read. */
  noInput: 66,
  unreachable: 69,
  /** A bug of ours: something was thrown that nobody had thought of. */
  software: 70,
  /** An output file cannot be written. */
  cannotCreate: 73,
  tryAgain: 75,
  loginRefused: 77,
  config: 78,
} as const;

export function exitCodeOf(error: unknown): number {
  // Also "a support program does not exist", as sysexits(3) has it: a package that the demo needs.
  if (error instanceof ChannelError && error.code === "MISSING_PACKAGE") return EXIT.unreachable;
  if (error instanceof ConfigError || error instanceof MailboxError) return EXIT.config;
  if (error instanceof LoginRefusedError) return EXIT.loginRefused;
  if (error instanceof ServerBusyError || error instanceof StorageError) return EXIT.tryAgain;
  if (error instanceof ConnectionError || error instanceof InsecureConnectionError) return EXIT.unreachable;
  return EXIT.software;
}

/** What a person can mend first comes first. */
const ORDER: readonly number[] = [EXIT.config, EXIT.loginRefused, EXIT.unreachable, EXIT.tryAgain, EXIT.software];

/** One code for several failures; 0 for none. */
export function worstOf(codes: readonly number[]): number {
  return ORDER.find((code) => codes.includes(code)) ?? codes.find((code) => code !== EXIT.ok) ?? EXIT.ok;
}
