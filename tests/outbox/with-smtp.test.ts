import { describe, expect, it } from "vitest";
import { createOutbox } from "../../src/outbox/send-loop.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { createSmtpTransport, type SmtpMail, type SmtpTransport } from "../../src/smtp/smtp-transport.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { startFaultProxy } from "../servers/fault-proxy.ts";
import { startSmtpSink } from "../servers/smtp-sink.ts";
import { mail, settings, transportTo } from "../smtp/fixtures.ts";
import { asItIs } from "./fake-store.ts";
import { MINUTE_MS } from "./scripted-submit.ts";

function outboxOver({ submit }: Pick<SmtpTransport, "submit">) {
  const clock = new ManualClock();
  const store = createMemoryStore().account("bot").outbox;
  const content = asItIs<SmtpMail>();
  const options = { store, content, durable: false, clock, random: () => 0.5, logger: silentLogger };
  return { clock, outbox: createOutbox({ submit, ...options }) };
}

/** Whatever waits on the network gets real time; what waits for a date gets it at once. */
async function until(done: () => boolean, clock: ManualClock): Promise<void> {
  for (let turns = 0; !done(); turns++) {
    if (turns > 2_000) throw new Error("never came");
    clock.advance(MINUTE_MS);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe("the outbox over a real connection", () => {
  it("sends a mail once more after a lost reply, the same bytes, so that the receiver can tell", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    const { clock, outbox } = outboxOver(transport);
    sink.fail("dot", { drop: "rst", keep: true }, { times: 1 });
    const message = mail({ attachments: [{ content: "hi", filename: "a.txt" }] });
    expect(await outbox.enqueue(message, "k")).toMatchObject({
      status: "queued",
      retryAfterMs: expect.toSatisfy((ms: number) => ms >= 5 * MINUTE_MS),
    });
    await until(() => outbox.status().sent === 1, clock);
    const [first, second] = sink.mails;
    expect(sink.mails).toHaveLength(2);
    expect(second?.raw.equals(first?.raw ?? Buffer.alloc(0))).toBe(true);
    await outbox[Symbol.asyncDispose]();
  });

  it("pauses at a 421 and takes up again what waited", async () => {
    await using sink = await startSmtpSink();
    await using transport = transportTo(sink);
    const { clock, outbox } = outboxOver(transport);
    sink.fail("connect", { reply: "421 4.7.0 too many connections" });
    await Promise.all(Array.from({ length: 10 }, (_, index) => outbox.enqueue(mail(), `${index}`)));
    // No connection for every mail: those on their way at first, then one to ask.
    expect(sink.connections.length).toBeLessThanOrEqual(6);
    sink.heal();
    await until(() => outbox.status().sent === 10, clock);
    await outbox[Symbol.asyncDispose]();
  });

  it("loses nothing, and doubles nothing but what was cut after its final dot", { timeout: 60_000 }, async () => {
    await using sink = await startSmtpSink({ security: "none" });
    await using proxy = await startFaultProxy({ target: sink });
    const over = { security: "none" as const, port: proxy.port };
    for (let cut = 1; cut < 5_000; cut += 61) {
      await using transport = createSmtpTransport(settings(sink, over), silentLogger);
      const { clock, outbox } = outboxOver(transport);
      const first = proxy.links.length;
      proxy.setFaults((index) =>
        index === first ? { cut: { direction: "toServer", afterBytes: cut, how: "rst" } } : undefined,
      );
      const message = mail();
      const before = sink.mails.length;
      await outbox.enqueue(message, "k");
      await until(() => outbox.status().sent === 1, clock);
      const copies = sink.mails.slice(before);
      expect({ cut, copies: copies.length }).toEqual({ cut, copies: 1 });
      expect(copies[0]?.raw.toString()).toContain(`Message-ID: ${message.messageId}`);
      await outbox[Symbol.asyncDispose]();
    }
  });
});
