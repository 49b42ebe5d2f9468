import { describe, expect, it } from "vitest";
import { ConnectionError } from "../../src/domain/errors.ts";
import { FlagQueue } from "../../src/mailbox/flag-queue.ts";
import type { MailboxSession } from "../../src/mailbox/session.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { ManualClock } from "../fakes/manual-clock.ts";

describe("setting \\Seen", () => {
  it("takes many mails in one command, and tells those who wait when it is done", async () => {
    const { flags, session, stored, clock } = setup();
    flags.attach(session);
    const done = Promise.all([flags.mark("1", 3, "now"), flags.mark("1", 1, "now"), flags.mark("1", 2, "soon")]);
    await clock.run(20);
    await done;
    expect(stored).toEqual([[1, 2, 3]]);
  });

  it("lets a flag that nobody waits for wait for company", async () => {
    const { flags, session, stored, clock } = setup();
    flags.attach(session);
    void flags.mark("1", 1, "soon");
    await clock.run(200);
    expect(stored).toEqual([]);
    void flags.mark("1", 2, "soon");
    await clock.run(60);
    expect(stored).toEqual([[1, 2]]);
  });

  it("keeps at most 500 mails in a command", async () => {
    const { flags, session, stored, clock } = setup();
    flags.attach(session);
    for (let uid = 1; uid <= 1_200; uid++) void flags.mark("1", uid, "soon");
    await clock.run(0);
    expect(stored.map(({ length }) => length)).toEqual([500, 500, 200]);
  });

  it("does not hold anybody up while there is no connection, and sets the flag after the next one", async () => {
    const { flags, session, stored, clock } = setup();
    await flags.mark("1", 1, "now");
    flags.attach(session);
    await clock.run(250);
    expect(stored).toEqual([[1]]);
  });

  it("tries again after the connection broke under it", async () => {
    const { flags, session, stored, clock } = setup();
    flags.attach({ ...session, lost: false, addFlag: async () => await Promise.reject(new ConnectionError("reset")) });
    void flags.mark("1", 1, "now");
    await clock.run(20);
    flags.attach(undefined);
    flags.attach(session);
    await clock.run(250);
    expect(stored).toEqual([[1]]);
  });

  it("never touches UIDs of another UIDVALIDITY (RFC 4549 section 4.1)", async () => {
    const { flags, session, stored, clock } = setup();
    flags.attach(session);
    flags.attach(undefined);
    await flags.mark("1", 1, "now");
    flags.attach({ ...session, uidValidity: "2" });
    await flags.mark("1", 2, "now");
    await clock.run(1_000);
    expect(stored).toEqual([]);
  });

  it("leaves a read-only folder alone and says so (M9)", async () => {
    const { flags, session, clock } = setup();
    flags.attach({ ...session, addFlag: async () => "read-only" });
    const done = flags.mark("1", 1, "now");
    await clock.run(20);
    await done;
    expect(flags.size).toBe(0);
  });

  it("tries again a minute after a NO, and holds up nobody meanwhile", async () => {
    const { flags, session, stored, clock } = setup();
    let refusals = 2;
    const addFlag: MailboxSession["addFlag"] = async (uids, flag) =>
      refusals-- > 0 ? "refused" : await session.addFlag(uids, flag);
    flags.attach({ ...session, addFlag });
    const first = flags.mark("1", 1, "now");
    await clock.run(20);
    await first;
    await flags.mark("1", 2, "now");
    await clock.run(59_000);
    expect(stored).toEqual([]);
    await clock.run(120_000);
    expect(stored).toEqual([[1, 2]]);
  });

  it("stops asking a server that refuses five times in a row, and says so", async () => {
    const { flags, session, clock, given } = setup();
    let asked = 0;
    flags.attach({ ...session, addFlag: async () => (asked++, "refused") });
    void flags.mark("1", 1, "soon");
    await clock.run(3_600_000);
    expect({ asked, given, left: flags.size }).toEqual({ asked: 5, given: [[1]], left: 0 });
  });
});

function setup() {
  const clock = new ManualClock();
  const stored: number[][] = [];
  const given: number[][] = [];
  const session = {
    uidValidity: "1",
    lost: false,
    addFlag: async (uids: readonly number[]) => (stored.push([...uids]), "set"),
  } as unknown as MailboxSession;
  const flags = new FlagQueue({
    flag: "\\Seen",
    clock,
    logger: silentLogger,
    onSet: (_, uids) => given.push([...uids]),
  });
  return { clock, stored, session, given, flags };
}
