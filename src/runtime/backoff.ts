export interface Backoff {
  readonly baseMs: number;
  readonly capMs: number;
}

/** Full-jitter exponential back-off: anything up to 1 s, 2 s, 4 s … and never above the cap. */
export function backoffMs(failures: number, random: () => number, { baseMs, capMs }: Backoff): number {
  return Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.min(failures, MAX_DOUBLINGS)));
}

/** Far above any cap, and far below where a double overflows. */
const MAX_DOUBLINGS = 40;
