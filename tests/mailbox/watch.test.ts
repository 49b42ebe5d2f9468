import { describe, expect, it } from "vitest";
import type { FolderProgress } from "../../src/domain/store.ts";
import { ConfigError, ConnectionError, LoginRefusedError } from "../../src/domain/errors.ts";
import type { StartFrom } from "../../src/mailbox/start-point.ts";
import { DEFAULT_WATCH_TIMING, FolderWatch } from "../../src/mailbox/watch.ts";
import type { LogLevel } from "../../src/runtime/logger.ts";
import { Bell } from "../../src/runtime/signals.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { type Act, ScriptedMailbox } from "../fakes/scripted-mailbox.ts";

const dropped = () => new ConnectionError("connection reset");
const refused = (): Act => ({ refuse: dropped() });

describe("watching a folder", () => {
  it("gives mail that waits, mail that comes while idling and mail that came while the connection was down", async () => {
    const { uids } = await watch([{ mail: [1, 2], waits: [[3], [4, 5]] }, { mail: [1, 2, 3, 4, 5, 6, 7] }]);
    expect(uids).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("gives each mail once, however often the folder is searched (S-U1)", async () => {
    const { uids } = await watch([
      { mail: [1], waits: [[], [], [2], []] },
      { mail: [1, 2], waits: [[]] },
    ]);
    expect(uids).toEqual([1, 2]);
  });

  it("gives mail that another program has marked as seen after the start", async () => {
    const { uids } = await watch([
      { mail: [1], waits: [[]] },
      { mail: [1, 2], seen: [1, 2] },
    ]);
    expect(uids).toEqual([1, 2]);
  });

  it("starts with the unseen, with nothing, or with all", async () => {
    const act = { mail: [1, 2, 3], seen: [2], waits: [[4]] };
    expect((await watch([act])).uids).toEqual([1, 3, 4]);
    expect((await watch([act], { startFrom: "now" })).uids).toEqual([4]);
    expect((await watch([act], { startFrom: "all" })).uids).toEqual([1, 2, 3, 4]);
  });

  it("answers nothing of a backlog over its limit, and says so (M7)", async () => {
    const { uids, logged } = await watch([{ mail: [1, 2, 3, 4], waits: [[5]] }], { backlogLimit: 3 });
    expect(uids).toEqual([5]);
    expect(logged.filter(([level, text]) => level === "warn" && text.includes("backlogLimit"))).toHaveLength(1);
  });

  it("does not skip a mail that came between SELECT and the first search", async () => {
    const { uids } = await watch([{ uidNext: 2, mail: [1, 2], seen: [1], waits: [[3]] }]);
    expect(uids).toEqual([2, 3]);
  });

  it("begins anew with the unread when UIDVALIDITY changes (S-U2)", async () => {
    const { uids } = await watch([
      { mail: [8, 9], waits: [[]] },
      { uidValidity: "2", mail: [1, 2, 3], seen: [1, 2], waits: [[4]] },
    ]);
    expect(uids).toEqual([8, 9, 3, 4]);
  });

  it("looks again at what lies above a UIDNEXT that went down (S-U4)", async () => {
    const { uids } = await watch([
      { mail: [50], waits: [[]] },
      { uidNext: 10, mail: [], waits: [[11]] },
    ]);
    expect(uids).toEqual([50, 11]);
  });

  it("keeps what it could not take for the next connection", async () => {
    const { uids } = await watch([{ mail: [1, 2, 3] }, { mail: [1, 2, 3] }], { failTakeOnce: true });
    expect(uids).toEqual([1, 2, 3]);
  });

  it("waits while there is no room, and goes on when there is", async () => {
    const { uids, waited } = await watch([{ mail: [1, 2, 3, 4], waits: [[], [], []] }], { roomPerRound: 2 });
    expect(uids).toEqual([1, 2, 3, 4]);
    expect(waited.length).toBeGreaterThanOrEqual(2);
  });

  it("closes every connection it opened", async () => {
    const { closed, opened } = await watch([{ mail: [1] }, refused(), { mail: [1, 2] }]);
    expect([closed, opened.length]).toEqual([2, 4]);
  });

  it("reconnects after 1 s, 2 s, 4 s … and never after more than 60 s", async () => {
    const { slept } = await watch(Array.from({ length: 9 }, refused));
    expect(slept).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("spreads its retries over the whole delay (full jitter)", async () => {
    const { slept } = await watch([refused(), refused()], { random: () => 0.25 });
    expect(slept).toEqual([250, 500]);
  });

  it("forgives old failures only once a connection has lasted a minute", async () => {
    const clock = new ManualClock({ auto: true });
    const acts: Act[] = [
      refused(),
      refused(),
      { waits: [() => clock.advance(1_000)] },
      { waits: [() => clock.advance(120_000)] },
    ];
    const { slept } = await watch(acts, { clock });
    expect(slept).toEqual([1_000, 2_000, 4_000, 1_000]);
  });

  it("tries a refused login three times, far apart, then gives up", async () => {
    const refusal = new LoginRefusedError("NO [AUTHENTICATIONFAILED]");
    const run = watch([{ refuse: refusal }, { refuse: refusal }, { refuse: refusal }]);
    await expect(run).rejects.toBe(refusal);
    expect(DEFAULT_WATCH_TIMING.refusedLoginPausesMs).toHaveLength(2);
    expect(Math.min(...DEFAULT_WATCH_TIMING.refusedLoginPausesMs)).toBeGreaterThanOrEqual(20_000);
  });

  it("goes on asking, rarely, when the login has worked before", async () => {
    const refusal = new LoginRefusedError("NO");
    const { uids, slept } = await watch([
      { mail: [1] },
      ...Array.from({ length: 5 }, () => ({ refuse: refusal })),
      { mail: [1, 2] },
    ]);
    expect(uids).toEqual([1, 2]);
    expect(slept.filter((ms) => ms >= 15 * 60_000 && ms <= 7 * 3_600_000)).toHaveLength(3);
  });

  it("waits for a password that cannot be had for a while, when it could be had before", async () => {
    const missing = new ConfigError(["password: the file is empty"]);
    expect((await watch([{ mail: [1] }, { refuse: missing }, { mail: [1, 2] }])).uids).toEqual([1, 2]);
    await expect(watch([{ refuse: missing }])).rejects.toBe(missing);
  });

  it("delivers nothing that is read already when UIDNEXT goes down for a moment", async () => {
    const { uids } = await watch([
      { mail: [1, 2, 3], seen: [1, 2, 3] },
      { mail: [1, 2, 3, 4], seen: [1, 2, 3], uidNext: 1 },
    ]);
    expect(uids).toEqual([4]);
  });

  it("forgets a refused login once one has been accepted", async () => {
    const refusal = new LoginRefusedError("NO");
    const { uids } = await watch([
      { refuse: refusal },
      { refuse: refusal },
      { mail: [1] },
      { refuse: refusal },
      { mail: [1, 2] },
    ]);
    expect(uids).toEqual([1, 2]);
  });

  it("polls for a day a server that fell silent in IDLE twice", async () => {
    const silent: Act = { diedSilent: true };
    const { opened } = await watch([silent, silent, { mail: [1] }]);
    expect(opened.map(({ idleAllowed }) => idleAllowed)).toEqual([true, true, false, false]);
  });

  it("waits as long as the mode asks for", async () => {
    expect((await watch([{ waits: [[]] }])).waited[0]).toBe(45_000);
    expect((await watch([{ mode: "poll", waits: [[]] }])).waited[0]).toBe(7_000);
  });
});

describe("going on where an earlier process stopped", () => {
  const progress = { uidValidity: "1", startUid: 10, backlog: [3, 5, 9], notBefore: null, floor: 3, known: [9, 12] };

  it("takes what is left of the backlog and what is new, and nothing that is known", async () => {
    const { uids } = await watch([{ mail: [1, 2, 3, 4, 5, 9, 10, 11, 12, 13] }], { progress });
    expect(uids).toEqual([5, 11, 13]);
  });

  it("says how far all is dealt with, and never goes back", async () => {
    const { written } = await watch([{ mail: [5, 9, 11, 12, 13] }], { progress });
    expect(written).toEqual([4, 10, 13].filter((floor) => written.includes(floor)));
    expect(written.at(-1)).toBe(13);
  });

  it("does not ask again where to start from, not even when it was told to take all", async () => {
    const { uids } = await watch([{ mail: [1, 2, 11] }], { progress: { ...progress, backlog: [] }, startFrom: "all" });
    expect(uids).toEqual([11]);
  });

  it("begins anew, and writes it down, when the server has numbered its mails anew", async () => {
    const { uids, written } = await watch([{ mail: [1, 2] }], { progress: { ...progress, uidValidity: "0" } });
    expect(uids).toEqual([1, 2]);
    expect(written[0]).toEqual({ uidValidity: "1", startUid: 2, backlog: [1, 2], notBefore: null });
  });

  it("writes down where it starts before it takes anything", async () => {
    const { written } = await watch([{ mail: [1, 2] }]);
    expect(written).toEqual([{ uidValidity: "1", startUid: 2, backlog: [1, 2], notBefore: null }, 2]);
  });
});

interface WatchSetup {
  readonly startFrom?: StartFrom;
  readonly backlogLimit?: number;
  readonly clock?: ManualClock;
  readonly random?: () => number;
  readonly failTakeOnce?: boolean;
  readonly roomPerRound?: number;
  /** What an earlier process left. */
  readonly progress?: FolderProgress;
}

/** Runs the script to its end. */
async function watch(acts: readonly Act[], setup: WatchSetup = {}) {
  const { clock = new ManualClock({ auto: true }), random = () => 1, roomPerRound = Number.POSITIVE_INFINITY } = setup;
  const stop = new AbortController();
  const mailbox = new ScriptedMailbox(acts, () => stop.abort());
  const roomBell = new Bell();
  const uids: number[] = [];
  const logged: [LogLevel, string][] = [];
  const written: unknown[] = [];
  let failures = setup.failTakeOnce ? 1 : 0;
  let room = roomPerRound;
  const folder = new FolderWatch({
    open: async (options) => await mailbox.open(options),
    taker: {
      room: () => room,
      async take(_, asked, pending) {
        for (const uid of asked) {
          if (uid === 2 && failures-- > 0) throw dropped();
          uids.push(uid);
          pending.finish(uid);
        }
        room -= asked.length;
      },
    },
    progress: {
      load: async () => setup.progress,
      start: async (start) => void written.push(start),
      raiseFloor: (_, floor) => void written.push(floor),
    },
    roomBell,
    startFrom: setup.startFrom ?? "unseen",
    backlogLimit: setup.backlogLimit ?? 500,
    waitMs: { idle: 45_000, poll: 7_000 },
    clock,
    random,
    logger: { log: (level, text) => void logged.push([level, text]) },
    timing: DEFAULT_WATCH_TIMING,
    onClosing: async () => {},
    onState: (state) => {
      if (state === "idling" && room <= 0) room = roomPerRound;
    },
    onRetry: () => {},
  });
  await folder.run(stop.signal);
  return {
    uids,
    slept: clock.slept,
    closed: mailbox.closed,
    opened: mailbox.opened,
    waited: mailbox.waited,
    logged,
    written,
  };
}
