import { composeMail } from "../../src/compose/compose-mail.ts";
import type { OutboundMessage } from "../../src/domain/message.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import {
  createSmtpTransport,
  type SmtpMail,
  type SmtpSettings,
  type SmtpTransport,
} from "../../src/smtp/smtp-transport.ts";
import { context, reply } from "../compose/context.ts";
import type { SmtpSink } from "../servers/smtp-sink.ts";

let made = 0;

/** A reply as compose makes it, with a Message-ID of its own. */
export function mail(changes: Partial<OutboundMessage> = {}): SmtpMail {
  return composeMail(
    reply({ text: "**Hello** Ann", ...changes }),
    context({ messageId: `<${++made}.test@bot.example>` }),
  );
}

export function settings(
  sink: Pick<SmtpSink, "host" | "port" | "user" | "password" | "ca">,
  changes: Partial<SmtpSettings> = {},
): SmtpSettings {
  return {
    host: sink.host,
    port: sink.port,
    security: "starttls",
    tlsVerify: true,
    ca: sink.ca,
    username: sink.user,
    password: sink.password,
    timeouts: { connectMs: 3_000, greetingMs: 600, silenceMs: 600, goodbyeMs: 500 },
    ...changes,
  };
}

export function transportTo(sink: SmtpSink, changes: Partial<SmtpSettings> = {}): SmtpTransport {
  return createSmtpTransport(settings(sink, changes), silentLogger);
}
