/** Where in the dialog a fault strikes; `dot` is after the whole mail has been read. */
export type SmtpStep = "connect" | "ehlo" | "starttls" | "auth" | "mail" | "rcpt" | "data" | "dot" | "rset" | "quit";

export type SmtpFault =
  /** Code and text, such as `450 4.2.1 greylisted`; lines are split at `\n`. */
  | { readonly reply: string; readonly keep?: boolean }
  /** The connection ends instead of the answer. At the dot, `keep` says the mail has been taken all the same. */
  | { readonly drop: "fin" | "rst"; readonly keep?: boolean }
  /** No answer, ever. */
  | { readonly hang: true; readonly keep?: boolean }
  /** The right answer, late. */
  | { readonly delayMs: number };

export interface SmtpMoment {
  readonly step: SmtpStep;
  /** Counts connections from 0. */
  readonly connection: number;
  /** Mails taken before on this connection. */
  readonly messages: number;
  /** The client's line; empty at `connect` and `dot`. */
  readonly line: string;
  readonly recipients: readonly string[];
}

export interface SmtpFaultRule {
  readonly fault: SmtpFault | ((moment: SmtpMoment) => SmtpFault | undefined);
  /** How often it strikes; without end if not given. */
  readonly times?: number;
  /** How many chances it lets pass first. */
  readonly skip?: number;
  /** For `rcpt`: only this address. */
  readonly recipient?: string;
}

/** The faults in force, changed while the server runs. Of several rules for a step the first that fits is used. */
export class SmtpFaults {
  #rules: { step: SmtpStep; rule: SmtpFaultRule; skipped: number; struck: number }[] = [];

  /** Adds a rule; the returned function takes it back. */
  add(step: SmtpStep, rule: SmtpFaultRule): () => void {
    const entry = { step, rule, skipped: 0, struck: 0 };
    this.#rules.push(entry);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#rules = [];
  }

  strike(moment: SmtpMoment): SmtpFault | undefined {
    for (const entry of this.#rules) {
      const { fault, times = Infinity, skip = 0, recipient } = entry.rule;
      if (entry.step !== moment.step || entry.struck >= times) continue;
      if (recipient !== undefined && !moment.line.toLowerCase().includes(`<${recipient.toLowerCase()}>`)) continue;
      if (entry.skipped < skip) {
        entry.skipped++;
        continue;
      }
      const chosen = typeof fault === "function" ? fault(moment) : fault;
      if (chosen === undefined) continue;
      entry.struck++;
      return chosen;
    }
    return undefined;
  }
}

const STEPS: Readonly<Record<string, SmtpStep>> = {
  EHLO: "ehlo",
  HELO: "ehlo",
  STARTTLS: "starttls",
  AUTH: "auth",
  MAIL: "mail",
  RCPT: "rcpt",
  DATA: "data",
  RSET: "rset",
  QUIT: "quit",
};

/** The step a client's line belongs to, if faults can strike there. */
export function stepOf(line: string): SmtpStep | undefined {
  return STEPS[line.split(" ", 1)[0]?.toUpperCase() ?? ""];
}

/** A reply text as the parts `smtp-server` wants. */
export function parseReply(reply: string): { code: number; text: string | string[] } {
  const lines = reply.split("\n");
  const code = Number(lines[0]?.slice(0, 3));
  const texts = lines.map((line) => line.replace(/^\d{3}[ -]/, ""));
  return { code, text: texts.length > 1 ? texts : (texts[0] ?? "") };
}
