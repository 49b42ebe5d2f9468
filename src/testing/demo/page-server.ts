import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { errorText } from "../../domain/errors.ts";
import type { DemoBackend, DemoMail } from "./backend.ts";
import { DemoFailedError } from "./demo-failed.ts";
import { PAGE_CSS } from "./page-css.ts";
import { DraftProblem, readDraft } from "./page-draft.ts";
import { PAGE_HEADERS, refusal } from "./page-guard.ts";
import { pageHtml } from "./page-html.ts";
import { PAGE_JS } from "./page-js.ts";
import { pageMail } from "./page-mail.ts";

export interface PageServer {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** The page on 127.0.0.1, on `port` or, with 0, on a free one. */
export async function startPageServer(backend: DemoBackend, port = 0): Promise<PageServer> {
  const server = createServer((request, response) => {
    answer({ request, response, backend, port: ownPort }).catch((error: unknown) => {
      if (!response.headersSent) reply(response, 500, "text/plain", String(error));
      response.end();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch((cause: unknown) => {
    const sentence = `the page cannot be served on port ${port}: ${errorText(cause)}`;
    throw new DemoFailedError(`${sentence}; choose another with --port, or leave it out for a free one`, { cause });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the page has no port");
  const ownPort = address.port;
  return {
    port: ownPort,
    url: `http://127.0.0.1:${ownPort}/`,
    async close() {
      const closed = once(server, "close");
      server.close();
      // Event streams never end by themselves.
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly backend: DemoBackend;
  readonly port: number;
}

async function answer(exchange: Exchange): Promise<void> {
  const { request, response, backend, port } = exchange;
  response.setHeaders(new Headers(PAGE_HEADERS));
  const refused = refusal(request, port);
  if (refused) return reply(response, 403, "text/plain", refused);
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  const file = /^\/mails\/(\d+)\/files\/(\d+)$/.exec(pathname);
  if (request.method === "POST" && pathname === "/mails") return await write(exchange);
  if (request.method !== "GET") return reply(response, 405, "text/plain", "There is nothing of the kind here.");
  if (file) return sendFile(response, backend.mails[Number(file[1]) - 1], Number(file[2]));
  switch (pathname) {
    case "/":
      return reply(response, 200, "text/html", pageHtml(backend.botAddress));
    case "/page.css":
      return reply(response, 200, "text/css", PAGE_CSS);
    case "/page.js":
      return reply(response, 200, "text/javascript", PAGE_JS);
    case "/events":
      return sendEvents(exchange);
    default:
      return reply(response, 404, "text/plain", "There is no such page.");
  }
}

async function write({ request, response, backend }: Exchange): Promise<void> {
  try {
    const { number } = await backend.write(await readDraft(request));
    reply(response, 201, "application/json", JSON.stringify({ number }));
  } catch (error) {
    if (!(error instanceof DraftProblem)) throw error;
    // What was not read would be taken for the next request.
    response.setHeader("Connection", "close");
    reply(response, error.status, "text/plain", error.message);
  }
}

/** Server-sent events: every mail so far, from where the page lost us, then every new one. */
function sendEvents({ request, response, backend }: Exchange): void {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const send = (mail: DemoMail) => response.write(`id: ${mail.number}\ndata: ${JSON.stringify(pageMail(mail))}\n\n`);
  const known = Number(request.headers["last-event-id"] ?? 0);
  response.write(": connected\n\n");
  for (const mail of backend.mails.slice(known)) send(mail);
  response.on("close", backend.onMail(send));
}

function sendFile(response: ServerResponse, entry: DemoMail | undefined, fileNumber: number): void {
  const file = entry?.mail.attachments[fileNumber - 1];
  if (!file) return reply(response, 404, "text/plain", "There is no such attachment.");
  // To be saved, never shown: it is a stranger's file under our own address.
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    "Content-Disposition": `attachment; filename*=utf-8''${encodeURIComponent(file.filename)}`,
    "Content-Length": file.content.length,
  });
  response.end(file.content);
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": `${type}; charset=utf-8` });
  response.end(body);
}
