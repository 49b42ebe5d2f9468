import { describe, expect, it } from "vitest";
import { newItem, type OutboxItem } from "../../src/outbox/item.ts";
import { afterReturn } from "../../src/outbox/returned.ts";

function sent(...to: string[]): OutboxItem {
  const item = newItem({ messageId: "<m@bot>", envelope: { to } }, "k", 0);
  return { ...item, state: "sent", accepted: to, recipients: [], nextAttemptAtMs: undefined };
}

const from = (reason: string, ...addresses: string[]) => ({ addresses, reason });

describe("a delivery report about a mail that was sent", () => {
  it("makes it failed, with the reason", () => {
    expect(afterReturn(sent("ann@x"), [from("550 unknown", "ann@x")])).toMatchObject({
      state: "failed",
      accepted: [],
      rejected: [{ address: "ann@x", reason: "550 unknown", permanent: true }],
      error: { code: "RETURNED", message: "550 unknown" },
    });
  });

  it("counts for those whom it names; the others keep their mail", () => {
    expect(afterReturn(sent("ann@x", "ben@x"), [from("full", "BEN@X", "b2@y")])).toMatchObject({
      state: "sent",
      accepted: ["ann@x"],
      rejected: [{ address: "ben@x", reason: "full", permanent: true }],
    });
  });

  it("with another name for the only recipient is about that one (a forwarding address)", () => {
    expect(afterReturn(sent("ann@x"), [from("gone", "ann@elsewhere")])?.state).toBe("failed");
  });

  it("that names nobody is about everybody", () => {
    expect(afterReturn(sent("ann@x", "ben@x"), [from("gone")])?.rejected).toHaveLength(2);
  });

  it("about somebody else changes nothing, nor does the same report again", () => {
    expect(afterReturn(sent("ann@x", "ben@x"), [from("gone", "carl@x")])).toBeUndefined();
    const failed = afterReturn(sent("ann@x"), [from("gone", "ann@x")]);
    expect(failed && afterReturn(failed, [from("gone", "ann@x")])).toBeUndefined();
  });

  it("settles one that is held because nobody could say whether it was delivered", () => {
    const held: OutboxItem = { ...sent("ann@x"), state: "unknown", accepted: [], recipients: ["ann@x"] };
    expect(afterReturn(held, [from("gone", "ann@x")])).toMatchObject({ state: "failed", recipients: [] });
    const two: OutboxItem = { ...held, recipients: ["ann@x", "ben@x"] };
    expect(afterReturn(two, [from("gone", "ann@x")])).toMatchObject({ state: "unknown", recipients: ["ben@x"] });
  });

  it("comes too early for one that is still being tried", () => {
    expect(afterReturn({ ...sent("ann@x"), nextAttemptAtMs: 5 }, [from("gone", "ann@x")])).toBeUndefined();
  });
});
