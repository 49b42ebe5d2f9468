import { constants } from "node:os";

export interface StopSignals extends Disposable {
  /** Aborts at the first of the signals. */
  readonly signal: AbortSignal;
}

type StopName = "SIGTERM" | "SIGINT" | "SIGHUP";

/** The first signal asks to finish, the second leaves at once with 128 and its number, as shells count it. */
export function stopOnSignals(names: readonly StopName[] = ["SIGTERM", "SIGINT", "SIGHUP"]): StopSignals {
  const controller = new AbortController();
  const onSignal = (name: StopName) => {
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
    controller.abort();
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}

/** Calls `again` at each SIGHUP, one call after the other. `again` never rejects. */
export function onHangup(again: () => Promise<void>): Disposable {
  let last = Promise.resolve();
  const onSignal = () => {
    last = last.then(again);
  };
  process.on("SIGHUP", onSignal);
  return { [Symbol.dispose]: () => void process.off("SIGHUP", onSignal) };
}
