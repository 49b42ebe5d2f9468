import { describe, expect, it } from "vitest";
import { messageFacts } from "../../src/channel/message-facts.ts";
import { mail } from "../store/records.ts";

const open = () => Promise.reject(new Error("not asked for"));

describe("what was removed of a mail", () => {
  it("is nothing in a record of an earlier version, which does not say", () => {
    const { record } = mail(1);
    expect("removed" in record).toBe(false);
    expect(messageFacts(record, open).removed).toEqual([]);
  });

  it("is kept with the record, as JSON", () => {
    const removed = [{ reason: "display-none", chars: 12 }];
    const record = JSON.parse(JSON.stringify({ ...mail(1).record, removed })) as ReturnType<typeof mail>["record"];
    expect(messageFacts(record, open).removed).toEqual(removed);
  });
});
