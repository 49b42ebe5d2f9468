import { systemClock } from "../../runtime/clock.ts";
import { type Command, Refusal, type Session } from "./command.ts";
import { SyntaxProblem, textOf, type Token } from "./tokens.ts";

export function capabilities({ options, secure, authenticated }: Session): string {
  const offered = ["IMAP4rev1", "LITERAL+", "ENABLE", "ID"];
  if (mustStartTls({ options, secure })) offered.push("STARTTLS", "LOGINDISABLED");
  else if (!authenticated) offered.push("SASL-IR", "AUTH=PLAIN");
  if (options.idle) offered.push("IDLE");
  return [...offered, "CHILDREN", "MOVE", "NAMESPACE", "SPECIAL-USE", "UIDPLUS", "UNSELECT"].join(" ");
}

export const loginCommands: Readonly<Record<string, Command>> = {
  CAPABILITY: {
    needs: "nothing",
    async run(session) {
      await session.send([`* CAPABILITY ${capabilities(session)}\r\n`]);
      return "OK Capability completed.";
    },
  },
  NOOP: { needs: "nothing", run: () => "OK NOOP completed." },
  ID: {
    needs: "nothing",
    async run(session) {
      await session.send(['* ID ("name" "mailport/testing")\r\n']);
      return "OK ID completed.";
    },
  },
  LOGOUT: {
    needs: "nothing",
    async run(session) {
      await session.send(["* BYE Logging out\r\n"]);
      return "OK Logout completed.";
    },
    afterwards: "close",
  },
  STARTTLS: {
    needs: "nothing",
    run(session) {
      if (!mustStartTls(session)) throw new SyntaxProblem("STARTTLS is not available");
      return "OK Begin TLS negotiation now.";
    },
    afterwards: "start-tls",
  },
  LOGIN: {
    needs: "nothing",
    run: async (session, [username, password]) =>
      await logIn(session, utf8(textOf(username, "user name")), utf8(textOf(password, "password"))),
  },
  AUTHENTICATE: { needs: "nothing", run: authenticate },
  ENABLE: {
    needs: "login",
    async run(session) {
      // Nothing here needs enabling; RFC 5161 section 3.1: what is not known is passed over.
      await session.send(["* ENABLED\r\n"]);
      return "OK Enabled.";
    },
  },
};

/** SASL PLAIN (RFC 4616): authorization identity, user name and password, with NULs between them. */
async function authenticate(session: Session, [mechanism, initial]: readonly Token[]): Promise<string> {
  refuseInClear(session);
  if (textOf(mechanism, "mechanism").toUpperCase() !== "PLAIN") throw new Refusal("NO Only PLAIN is supported.");
  const response = initial === undefined ? await session.ask("") : textOf(initial, "response");
  if (response === undefined || response === "*") throw new SyntaxProblem("authentication cancelled");
  const [, username, password] = Buffer.from(response, "base64").toString("utf8").split("\0");
  if (username === undefined || password === undefined) throw new SyntaxProblem("not a PLAIN response");
  return await logIn(session, username, password);
}

async function logIn(session: Session, username: string, password: string): Promise<string> {
  refuseInClear(session);
  if (session.authenticated) throw new SyntaxProblem("already logged in");
  const { options } = session;
  if (username.toLowerCase() !== options.username.toLowerCase() || password !== options.password) {
    await systemClock.sleep(options.wrongPasswordDelayMs, session.signal);
    throw new Refusal("NO [AUTHENTICATIONFAILED] Authentication failed.");
  }
  session.authenticated = true;
  return `OK [CAPABILITY ${capabilities(session)}] Logged in.`;
}

function refuseInClear(session: Session): void {
  if (mustStartTls(session)) throw new Refusal("NO [PRIVACYREQUIRED] Use STARTTLS first.");
}

function mustStartTls({ options, secure }: Pick<Session, "options" | "secure">): boolean {
  return options.tls === "starttls" && !secure;
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString("utf8");
}
