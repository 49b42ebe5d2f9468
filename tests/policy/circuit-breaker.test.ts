import { describe, expect, it } from "vitest";
import { type Answer, CircuitBreaker } from "../../src/policy/circuit-breaker.ts";
import { ManualClock } from "../fakes/manual-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function breaker(limits: Partial<ConstructorParameters<typeof CircuitBreaker>[0]> = {}) {
  const clock = new ManualClock();
  const all = { repliesPerThreadPerHour: 3, repliesPerSenderPerHour: 5, repliesPerHour: 8, ...limits };
  return { clock, breaker: new CircuitBreaker(all, clock) };
}

const to = (sender: string, thread = "<t@x>", exchange?: string): Answer => ({ sender, thread, exchange });

function admitted(guard: CircuitBreaker, answers: readonly Answer[]): number {
  return answers.filter((answer) => guard.admit(answer) === undefined).length;
}

describe("S-AR-10: the circuit breaker", () => {
  it("opens for a conversation, and leaves the sender's other ones alone", () => {
    const { breaker: guard } = breaker();
    expect(
      admitted(
        guard,
        Array.from({ length: 10 }, () => to("ann@x")),
      ),
    ).toBe(3);
    expect(guard.admit(to("ann@x"))).toMatchObject({ scope: "thread", retryAfterMs: HOUR });
    expect(guard.admit(to("ann@x", "<other@x>"))).toBeUndefined();
  });

  it("opens for a sender who begins a conversation with every mail (L2 without References)", () => {
    const { breaker: guard } = breaker();
    expect(
      admitted(
        guard,
        Array.from({ length: 10 }, (_, number) => to("ann@x", `<${number}@x>`)),
      ),
    ).toBe(5);
    expect(guard.admit(to("ann@x", "<last@x>"))).toMatchObject({ scope: "sender" });
    expect(guard.admit(to("ben@x"))).toBeUndefined();
  });

  it("opens for the account under a flood from many senders (L5)", () => {
    const { breaker: guard } = breaker();
    expect(
      admitted(
        guard,
        Array.from({ length: 20 }, (_, number) => to(`p${number}@x`, `<${number}@x>`)),
      ),
    ).toBe(8);
    expect(guard.admit(to("new@x", "<n@x>"))).toMatchObject({ scope: "account" });
  });

  it("does not let one sender use up another's conversation by naming it", () => {
    const { breaker: guard } = breaker();
    expect(
      admitted(
        guard,
        Array.from({ length: 4 }, () => to("mallory@x", "<anns@x>")),
      ),
    ).toBe(3);
    expect(guard.admit(to("ann@x", "<anns@x>"))).toBeUndefined();
  });

  it("closes by itself, one answer for each that is an hour old", () => {
    const { clock, breaker: guard } = breaker();
    for (let count = 0; count < 3; count++) {
      expect(guard.admit(to("ann@x"))).toBeUndefined();
      clock.advance(10 * MINUTE);
    }
    expect(guard.admit(to("ann@x"))).toMatchObject({ scope: "thread", retryAfterMs: 30 * MINUTE });
    clock.advance(30 * MINUTE);
    expect(guard.admit(to("ann@x"))).toBeUndefined();
    expect(guard.admit(to("ann@x"))).toMatchObject({ retryAfterMs: 10 * MINUTE });
  });

  it("says once that it has opened, and again only after it had closed", () => {
    const { clock, breaker: guard } = breaker({ repliesPerThreadPerHour: 1 });
    guard.admit(to("ann@x"));
    expect([1, 2, 3].map(() => guard.admit(to("ann@x"))?.isNew)).toEqual([true, false, false]);
    clock.advance(HOUR);
    expect(guard.admit(to("ann@x"))).toBeUndefined();
    expect(guard.admit(to("ann@x"))?.isNew).toBe(true);
  });

  it("shows what is open, how much it kept back and when it closes", () => {
    const { clock, breaker: guard } = breaker({ repliesPerThreadPerHour: 1 });
    for (let count = 0; count < 4; count++) guard.admit(to("ann@x"));
    clock.advance(20 * MINUTE);
    expect(guard.open()).toEqual([{ scope: "thread", sender: "ann@x", suppressed: 3, retryAfterMs: 40 * MINUTE }]);
    clock.advance(40 * MINUTE);
    expect(guard.open()).toEqual([]);
  });

  it("goes on counting after a restart", () => {
    const { clock, breaker: guard } = breaker();
    guard.restore([50, 40, 30].map((minutes) => ({ sender: "ann@x", thread: "<t@x>", agoMs: minutes * MINUTE })));
    expect(guard.admit(to("ann@x"))).toMatchObject({ scope: "thread", retryAfterMs: 10 * MINUTE });
    clock.advance(10 * MINUTE);
    expect(guard.admit(to("ann@x"))).toBeUndefined();
  });

  it("stays small under a hundred thousand senders", () => {
    const { breaker: guard } = breaker({ repliesPerHour: 1_000_000 });
    const before = process.memoryUsage().heapUsed;
    for (let number = 0; number < 100_000; number++) guard.admit(to(`p${number}@x`, `<${number}@x>`, `e${number}`));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 << 20);
  });
});

describe("an echo", () => {
  const limits = { repliesPerThreadPerHour: 100, repliesPerSenderPerHour: 100, repliesPerHour: 100 };

  it("is stopped when the same mail has got the same answer twice in a row", () => {
    const { breaker: guard } = breaker(limits);
    expect([1, 2, 3, 4].map(() => guard.admit(to("ann@x", "<t@x>", "ping pong"))?.scope)).toEqual([
      undefined,
      undefined,
      "echo",
      "echo",
    ]);
  });

  it("is none when either side says something else in between", () => {
    const { breaker: guard } = breaker(limits);
    const said = ["go on|one", "go on|two", "go on|three", "go on|three", "more|three", "go on|three", "go on|three"];
    expect(admitted(guard, said.map((exchange) => to("ann@x", "<t@x>", exchange)))).toBe(said.length); // prettier-ignore
  });

  it("is looked for within one conversation, and forgiven after an hour", () => {
    const { clock, breaker: guard } = breaker(limits);
    expect(
      admitted(
        guard,
        Array.from({ length: 4 }, (_, number) => to("ann@x", `<${number}@x>`, "same")),
      ),
    ).toBe(4);
    expect(
      admitted(
        guard,
        Array.from({ length: 4 }, () => to("ann@x", "<t@x>", "same")),
      ),
    ).toBe(2);
    clock.advance(HOUR);
    expect(guard.admit(to("ann@x", "<t@x>", "same"))).toBeUndefined();
  });
});
