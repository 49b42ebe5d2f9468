import type { SqliteConnection } from "./sqlite-connection.ts";

/** Asked every two seconds, it looks only when somebody else has written. */
export class Revivals {
  readonly #connection: SqliteConnection;
  #seenVersion: number | undefined;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  take<T>(takeRevived: () => readonly T[]): readonly T[] {
    const version = this.#connection.read(() => this.#connection.dataVersion());
    if (version === this.#seenVersion) return [];
    const taken = this.#connection.transaction("normal", takeRevived);
    this.#seenVersion = version;
    return taken;
  }
}
