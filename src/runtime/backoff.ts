export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
  /** How much longer each wait is than the one before; 2 when absent. */
  readonly factor?: number;
}

/** Full-jitter exponential back-off: with a base of 1 s anything up to 1 s, 2 s, 4 s … and never above the cap. */
export function backoffMs(failures: number, random: () => number, { baseMs, capMs, factor = 2 }: Backoff): number {
  return Math.round(random() * Math.min(capMs, baseMs * factor ** Math.min(failures, MAX_STEPS)));
}

/** Far above any cap, and far below where a double overflows. */
const MAX_STEPS = 40;
