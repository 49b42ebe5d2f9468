import { describe, expect, it, vi } from "vitest";
import { ConfigError } from "../../src/index.ts";
import { dovecotAvailable } from "../servers/shared.ts";
import { letter, room } from "./room.ts";

const mallory = (subject: string) => letter({ from: "mallory@evil.test", subject });

describe.skipIf(!dovecotAvailable)("rules that change while the channel runs", () => {
  it("let in, and keep out, from the next mail on, without a new connection", async () => {
    const { channel, write, logged } = await room({ config: { allowFrom: ["@example.org"] } });
    const messages = channel.receive();
    await write(mallory("too early"));
    await vi.waitFor(() => expect(channel.status().counts.refused).toEqual({ "not-allowed": 1 }));
    channel.update({ allowFrom: ["@example.org", "mallory@evil.test"] });
    await write(mallory("now"));
    expect((await messages.next()).value?.metadata.email_subject).toBe("now");
    channel.update({ denyFrom: ["@evil.test"] });
    await write(mallory("too late"));
    await vi.waitFor(() => expect(channel.status().counts.refused).toEqual({ "not-allowed": 1, denied: 1 }));
    expect(channel.status().folders[0]?.reconnects).toBe(0);
    expect(logged.filter(({ message }) => message === "connected")).toHaveLength(1);
  });

  it("stop the downloading of strangers' mail at once when an open door is shut, and warn when it is opened", async () => {
    const { channel, write, logged } = await room();
    const messages = channel.receive();
    await write(letter({ subject: "everybody may" }));
    expect((await messages.next()).value?.metadata.email_subject).toBe("everybody may");
    channel.update({ allowFrom: ["@example.org"] });
    await write(mallory("out"));
    await write(letter({ subject: "in" }));
    expect((await messages.next()).value?.metadata.email_subject).toBe("in");
    expect(channel.status().counts.refused).toEqual({ "not-allowed": 1 });
    const anyone = () => logged.filter(({ message }) => message.includes("anyone can talk")).length;
    expect(anyone()).toBe(1);
    channel.update({ allowFrom: [] });
    expect(anyone()).toBe(2);
  });

  it("apply to texts, to what is attached, to limits and to the name of the bot, too", async () => {
    const { channel, write, answer } = await room();
    const messages = channel.receive();
    channel.update({
      texts: { noText: "(nothing)" },
      fromName: "Bot 2",
      limits: { repliesPerHour: 1 },
      attachFrom: [],
    });
    await write(letter({ text: "" }));
    const { value: message } = await messages.next();
    expect(message?.text).toBe("(nothing)");
    await expect(message?.reply("x", { attachment: "/etc/hostname" })).rejects.toThrow("attachFrom");
    expect(await message?.reply("one")).toMatchObject({ status: "sent" });
    expect((await answer()).from?.text).toBe('"Bot 2" <bot@example.test>');
    expect(await message?.reply("two")).toMatchObject({ status: "suppressed" });
    channel.update({ limits: { repliesPerHour: 2 } });
    expect(await message?.reply("three")).toMatchObject({ status: "sent" });
  });

  it("change nothing when there is a mistake in them, and name every one", async () => {
    const { channel, write } = await room({ config: { allowFrom: ["@example.org"] } });
    const update = () =>
      channel.update({ allowFrom: ["everybody"], limits: { repliesPerHour: 0 }, denyFrom: ["x@example.org"] });
    expect(update).toThrow(ConfigError);
    expect(update).toThrow(/allowFrom\[0\][^]*limits\.repliesPerHour/);
    const fixed: object = { imapHost: "elsewhere.example.org", allowFrom: [] };
    expect(() => channel.update(fixed)).toThrow("imapHost: cannot change while the channel runs");
    const byAccident: { allowFrom?: string[] | undefined } = { allowFrom: undefined };
    channel.update(byAccident);
    const messages = channel.receive();
    await expect.poll(() => channel.status().folders[0]?.state).toMatch(/idling|polling/);
    await write(mallory("still out"));
    await write(letter({ from: "x@example.org", subject: "still in" }));
    expect((await messages.next()).value?.metadata.email_subject).toBe("still in");
  });
});
