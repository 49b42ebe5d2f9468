import { describe, expect, it, vi } from "vitest";
import type { InboundMessage } from "../../src/index.ts";
import { type Farewell, byeAt, fickle } from "../servers/fickle.ts";
import { type Meeting, mail, meet } from "./meet-liar.ts";

const PATIENCE = { timeout: 8_000 };

describe("a server that says BYE", () => {
  const steps = ["ID", "AUTHENTICATE", "NAMESPACE", "LIST", "SELECT", "UID SEARCH", "UID FETCH", "UID STORE", "IDLE"];
  const farewells: Farewell[] = ["instead of an answer", "in the middle of an answer", "behind the answer"];
  const cases = steps.flatMap((step) => farewells.map((farewell) => [step, farewell] as const));

  it.each(cases)("at %s, %s: every mail comes once and is marked once the server is back", async (step, farewell) => {
    const meeting = await meet(byeAt(step, farewell), { lies: 2 }, [mail("one"), mail("two")]);
    const { server, mailbox } = meeting;
    const subjects = listen(meeting);
    await vi.waitFor(() => expect(server.connections.length).toBeGreaterThanOrEqual(2), PATIENCE);
    mailbox.add(mail("late"));
    await vi.waitFor(() => expect(subjects).toEqual(["one", "two", "late"]), PATIENCE);
    await vi.waitFor(() => expect(unread(meeting)).toEqual([]), PATIENCE);
    expect(server.transcript.some((line) => line.includes(step))).toBe(true);
    expect(meeting.channel.status()).toMatchObject({
      counts: { received: 3, acked: 3 },
      inbox: { retrying: 0, dead: 0 },
    });
  });

  it("at LOGOUT: closing does not wait for more", async () => {
    const meeting = await meet(byeAt("LOGOUT", "instead of an answer"), {}, [mail("one")]);
    const subjects = listen(meeting);
    await vi.waitFor(() => expect(subjects).toEqual(["one"]));
    const startedAt = performance.now();
    await meeting.channel.close({ drainMs: 1_000 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(unread(meeting)).toEqual([]);
  });
});

describe("a server on which things happen while it is asked", () => {
  it("exists_phantom: nothing comes of mail that is announced and not there, and nothing spins", async () => {
    const meeting = await meet(fickle.exists_phantom, {}, [mail("one")]);
    const subjects = listen(meeting);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    meeting.mailbox.add(mail("real"));
    await vi.waitFor(() => expect(subjects).toEqual(["one", "real"]), PATIENCE);
    const searches = meeting.server.transcript.filter((line) => line.includes("UID SEARCH")).length;
    expect(searches).toBeLessThan(20);
  });

  it("expunge_in_fetch: the other mails come once, the expunged one is forgotten", async () => {
    const meeting = await meet(fickle.expunge_in_fetch, {}, [mail("gone"), mail("one"), mail("two")]);
    const subjects = listen(meeting);
    await vi.waitFor(() => expect(subjects).toEqual(["one", "two"]), PATIENCE);
    await vi.waitFor(() => expect(meeting.channel.status().folders[0]).toMatchObject({ state: "idling", pending: 0 }));
    await vi.waitFor(() => expect(unread(meeting)).toEqual([]));
  });

  it("uids_go_away: what has been expunged since the search is forgotten, the rest comes", async () => {
    const meeting = await meet(fickle.uids_go_away, {}, [mail("a"), mail("b"), mail("stays")]);
    const subjects = listen(meeting);
    await vi.waitFor(() => expect(subjects).toEqual(["stays"]), PATIENCE);
    await vi.waitFor(() => expect(meeting.channel.status().folders[0]).toMatchObject({ state: "idling", pending: 0 }));
  });

  it("store_no: mail goes on, no mail comes again, and the server is not asked without end", async () => {
    const meeting = await meet(fickle.store_no, {}, [mail("one"), mail("two")]);
    const subjects = listen(meeting);
    await vi.waitFor(() => expect(subjects).toEqual(["one", "two"]), PATIENCE);
    meeting.mailbox.add(mail("three"));
    await vi.waitFor(() => expect(subjects).toEqual(["one", "two", "three"]), PATIENCE);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(subjects).toHaveLength(3);
    expect(meeting.server.transcript.filter((line) => line.includes("UID STORE")).length).toBeLessThanOrEqual(2);
    expect(meeting.channel.status().counts.acked).toBe(3);
  });

  it("renumbering: UIDVALIDITY changes in mid-session, and nothing is answered twice or skipped", async () => {
    const meeting = await meet(fickle.renumbering, {}, [mail("one"), mail("two")]);
    const subjects = listen(meeting);
    await vi.waitFor(() => expect(meeting.server.connections.length).toBeGreaterThanOrEqual(2), PATIENCE);
    meeting.mailbox.add(mail("three"));
    await vi.waitFor(() => expect(subjects).toEqual(["one", "two", "three"]), PATIENCE);
    await vi.waitFor(() => expect(unread(meeting)).toEqual([]), PATIENCE);
    expect(subjects).toHaveLength(3);
  });
});

/** A plain bot that takes whatever comes; gives the subjects, growing. */
function listen({ channel }: Meeting): string[] {
  const subjects: string[] = [];
  void (async () => {
    for await (const { metadata } of channel.receive() as AsyncIterable<InboundMessage>)
      subjects.push(metadata.email_subject);
  })();
  return subjects;
}

function unread({ mailbox }: Meeting): string[] {
  return mailbox.mails.filter(({ flags }) => !flags.has("\\Seen")).map(({ raw }) => raw.toString().slice(0, 80));
}
