import type { Account } from "./account.ts";
import type { ResponsePiece } from "./fetch.ts";
import type { Folder } from "./folder.ts";
import type { Selected } from "./selected.ts";
import type { Token } from "./tokens.ts";

export interface ImapOptions {
  readonly account: Account;
  readonly username: string;
  readonly password: string;
  readonly tls: "none" | "starttls" | "direct";
  readonly credentials: { readonly key: string; readonly cert: string };
  /** False: IDLE is neither announced nor understood, as on servers without it. */
  readonly idle: boolean;
  /** Real servers let a wrong password wait: Dovecot 1.5 s at first. */
  readonly wrongPasswordDelayMs: number;
}

/** What a command sees of its connection. */
export interface Session {
  readonly options: ImapOptions;
  readonly secure: boolean;
  /** Aborts when the connection is lost. */
  readonly signal: AbortSignal;
  authenticated: boolean;
  readonly selected: Selected | undefined;
  select(folder: Folder, readOnly: boolean): Selected;
  deselect(): void;
  /** Resolves when the client has taken enough for more to be sent. */
  send(pieces: readonly ResponsePiece[]): Promise<void>;
  /** A continuation request and the client's line, or undefined when it has gone. */
  ask(prompt: string): Promise<string | undefined>;
  /** As `ask`, and what happens in the folder is told at once. */
  idle(): Promise<string | undefined>;
}

export interface Command {
  readonly needs: "nothing" | "login" | "folder";
  /** What goes behind the tag: `OK Done.` */
  run(session: Session, args: readonly Token[]): Promise<string> | string;
  /** Runs when the answer is on its way. */
  readonly afterwards?: "close" | "start-tls";
}

/** A command that is understood and not carried out: `NO [CODE] why`. */
export class Refusal extends Error {}
