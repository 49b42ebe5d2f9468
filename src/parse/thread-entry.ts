import { MessageChannel, parentPort } from "node:worker_threads";
import { StorageError } from "../domain/errors.ts";
import type { ParsedMail, ParseOptions } from "./assemble.ts";
import { parseLargeMail } from "./parse-large-mail.ts";
import { parseMail } from "./parse-mail.ts";
import type { FromThread, Job, ToThread } from "./thread-messages.ts";

/** The far side of `MailThread`: reads what it is sent, several mails at a time. */
const port = parentPort;
if (!port) throw new Error("this file is started as a worker thread, by MailThread");

/** By mail that streams: whoever waits for its next piece. */
const waiting = new Map<number, (message: ToThread) => void>();

port.on("message", (message: ToThread) => {
  if (message.kind === "read") void answer(message.id, message.job, message.options);
  else waiting.get(message.id)?.(message);
});

function say(message: FromThread, moved: ArrayBuffer[] = []): void {
  port?.postMessage(message, moved);
}

async function answer(id: number, job: Job, options: ParseOptions): Promise<void> {
  try {
    const mail = await read(id, job, options);
    const rawHeader = new Uint8Array(mail.rawHeader);
    say({ id, kind: "parsed", mail: { ...mail, rawHeader } }, [rawHeader.buffer]);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    say({ id, kind: "failed", message, storage: error instanceof StorageError });
  } finally {
    waiting.delete(id);
    if (job.kind === "whole") free(job.source);
  }
}

/** Nobody listens at its other end: what is moved there is gone. */
const { port1: nowhere, port2: closed } = new MessageChannel();
closed.close();
nowhere.unref();

/** At once: left to the collector, each few dozen mails cost a collection of everything, on every core. */
function free({ buffer }: Uint8Array<ArrayBuffer>): void {
  nowhere.postMessage(null, [buffer]);
}

async function read(id: number, job: Job, options: ParseOptions): Promise<ParsedMail> {
  if (job.kind === "large") return await parseLargeMail(job.parts, options);
  return await parseMail(job.kind === "whole" ? job.source : pieces(id), options);
}

async function* pieces(id: number): AsyncGenerator<Uint8Array, void, void> {
  for (;;) {
    const next = new Promise<ToThread>((resolve) => waiting.set(id, resolve));
    say({ id, kind: "more" });
    const message = await next;
    if (message.kind === "end" && message.failed) throw new Error("the source of the mail failed");
    if (message.kind !== "piece") return;
    yield message.piece;
  }
}
