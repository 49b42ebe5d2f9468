import { constants } from "node:os";

export interface StopSignals extends Disposable {
  /** Aborts at the first SIGTERM, SIGINT or SIGHUP. */
  readonly signal: AbortSignal;
}

const NAMES = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** The first signal asks to finish, the second leaves at once with 128 and its number, as shells count it. */
export function stopOnSignals(): StopSignals {
  const controller = new AbortController();
  const onSignal = (name: (typeof NAMES)[number]) => {
    if (controller.signal.aborted) process.exit(128 + constants.signals[name]);
    controller.abort();
  };
  for (const name of NAMES) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of NAMES) process.off(name, onSignal);
    },
  };
}
