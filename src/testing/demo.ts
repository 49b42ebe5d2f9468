import { aborted } from "../runtime/signals.ts";
import { lineLogger } from "../runtime/logger.ts";
import { systemClock } from "../runtime/clock.ts";
import type { DemoBackend, DemoMail } from "./demo/backend.ts";
import { DemoFailedError } from "./demo/demo-failed.ts";
import { startDemoGateway } from "./demo/demo-gateway.ts";
import { openBrowser } from "./demo/open-browser.ts";
import { startPageServer } from "./demo/page-server.ts";
import { printedMail } from "./demo/print-mail.ts";

export interface DemoOptions {
  /** Ends after the first answer. */
  readonly once?: boolean;
  /** Of the page; 0, the default, takes a free one. */
  readonly port?: number;
  /** Shows the page in the browser, where there is a desktop. Default false. */
  readonly open?: boolean;
  readonly signal: AbortSignal;
  /** Takes one or more whole lines, without the last line break. */
  readonly write: (text: string) => void;
}

/** Everything runs on this machine: what takes longer than this never comes. */
const ANSWER_WITHIN_MS = 20_000;

const FIRST_MAIL = {
  from: "Ann Lee <ann@example.org>",
  subject: "Hello bot",
  text: "Hi,\n\ncan you hear me? Then please say so.\n\nBest wishes\nAnn",
} as const;

/**
 * Starts a mail server and the email channel with an echo bot on it, sends a mail, prints it and its answer, and then
 * serves a page on 127.0.0.1 until `signal` aborts. Rejects with `DemoFailedError` when no answer comes
 * (its message holds what the gateway logged) or when the port cannot be had.
 */
export async function runDemo({ once = false, port = 0, open = false, signal, write }: DemoOptions): Promise<void> {
  const logged: string[] = [];
  const logger = lineLogger({
    level: "warn",
    format: "text",
    now: () => systemClock.now(),
    write: (line) => logged.push(line.trimEnd()),
  });
  await using backend = await startDemoGateway(logger);
  write(`An IMAP and SMTP server, the email channel and an echo bot run in this process, as ${backend.botAddress}.\n`);

  const startedAt = performance.now();
  const question = await backend.write(FIRST_MAIL);
  write(printedMail("Ann writes a mail", question));
  const answer = await answerTo(question, backend, signal);
  if (signal.aborted) return;
  if (!answer)
    throw new DemoFailedError(["no answer came within 20 seconds; the gateway logged:", ...logged].join("\n"));
  write(printedMail(`The bot answers after ${Math.round(performance.now() - startedAt)} ms`, answer));
  if (once) return;

  const page = await startPageServer(backend, port);
  write(`Write to the bot yourself: ${page.url}\nCtrl+C ends the demo.`);
  if (open) openBrowser(page.url);
  await aborted(signal);
  await page.close();
}

async function answerTo(question: DemoMail, backend: DemoBackend, signal: AbortSignal): Promise<DemoMail | undefined> {
  const isAnswer = ({ author, thread }: DemoMail) => author === "bot" && thread === question.thread;
  const enough = new AbortController();
  const unsubscribe = backend.onMail((mail) => isAnswer(mail) && enough.abort());
  try {
    if (!backend.mails.some(isAnswer))
      await systemClock.sleep(ANSWER_WITHIN_MS, AbortSignal.any([signal, enough.signal]));
  } finally {
    unsubscribe();
  }
  return backend.mails.find(isAnswer);
}
