/**
 * What has been started so far, ended in reverse order. Node 20 has no AsyncDisposableStack.
 *
 * A start-up holds it with `await using`, so that a failure half way ends what runs;
 * when all is well it calls `keep` and hands the end over to the owner.
 */
export class CleanUp implements AsyncDisposable {
  #endings: (() => Promise<void>)[] = [];

  use<T extends AsyncDisposable>(owned: T): T {
    this.defer(async () => owned[Symbol.asyncDispose]());
    return owned;
  }

  defer(end: () => Promise<void>): void {
    this.#endings.push(end);
  }

  /** Leaves everything running; the returned function ends it, once. */
  keep(): () => Promise<void> {
    const kept = new CleanUp();
    kept.#endings = this.#endings.splice(0);
    return () => kept[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#endings.pop(); end !== undefined; end = this.#endings.pop()) {
      await end().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, "clean-up failed");
  }
}
