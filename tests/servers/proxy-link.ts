import type { Socket } from "node:net";

export type Direction = "toClient" | "toServer";

/**
 * How a connection ends or stops. `stall`: both ends stay connected and nothing moves, the
 * senders' windows fill. `blackhole`: everything is still taken, and goes nowhere.
 */
export type CutHow = "fin" | "rst" | "stall" | "blackhole";

export interface ConnectionFaults {
  /** Exactly so many bytes pass in that direction, then it happens. */
  readonly cut?: { readonly direction: Direction; readonly afterBytes: number; readonly how: CutHow };
  /** Turns one bit of the byte at this offset. */
  readonly flip?: { readonly direction: Direction; readonly atByte: number };
  /** Bytes per write. */
  readonly sliceBytes?: number;
  /** Added to each direction, so a round trip takes twice that. */
  readonly delayMs?: number;
}

/** What may wait in the proxy for one direction before it stops reading; a delay needs some room. */
const HELD_LIMIT_BYTES = 4 * 1024 * 1024;

/** A reset that comes together with the last bytes is shown by libuv as an ordinary end. */
const RESET_AFTER_MS = 10;

/** One direction of a connection. */
interface Lane {
  readonly direction: Direction;
  readonly from: Socket;
  readonly to: Socket;
  readonly held: { readonly bytes: Buffer; readonly dueAt: number }[];
  heldBytes: number;
  passed: number;
  ended: boolean;
  pumping: boolean;
}

/** One client connection, its twin to the server, and what goes wrong between them. */
export class ProxyLink {
  readonly #faults: ConnectionFaults;
  readonly #toServer: Lane;
  readonly #toClient: Lane;
  #frozen = false;
  #stopped: CutHow | undefined;
  #openSockets = 2;

  constructor(client: Socket, server: Socket, faults: ConnectionFaults) {
    this.#faults = faults;
    this.#toServer = newLane("toServer", client, server);
    this.#toClient = newLane("toClient", server, client);
    for (const lane of [this.#toServer, this.#toClient]) this.#listen(lane);
    // A cut after no bytes at all happens at once.
    if (faults.cut?.afterBytes === 0) this.cut(faults.cut.how);
  }

  get bytesToClient(): number {
    return this.#toClient.passed;
  }

  get bytesToServer(): number {
    return this.#toServer.passed;
  }

  get isOpen(): boolean {
    return this.#openSockets > 0 && this.#stopped === undefined;
  }

  freeze(): void {
    this.#frozen = true;
    for (const { from } of [this.#toServer, this.#toClient]) from.pause();
  }

  thaw(): void {
    this.#frozen = false;
    if (this.#stopped === "stall") return;
    for (const lane of [this.#toServer, this.#toClient]) {
      lane.from.resume();
      void this.#pump(lane);
    }
  }

  cut(how: CutHow): void {
    this.#stopped = how;
    const sockets = [this.#toServer.from, this.#toClient.from];
    if (how === "stall") for (const socket of sockets) socket.pause();
    // What comes from now on is read and thrown away: unread bytes would turn a FIN into a reset.
    else for (const socket of sockets) socket.resume();
    // What passed before the cut must arrive, so the ends come after it.
    if (how === "fin") for (const socket of sockets) socket.end(() => socket.destroySoon());
    if (how === "rst") setTimeout(() => sockets.forEach((socket) => socket.resetAndDestroy()), RESET_AFTER_MS);
  }

  destroy(): void {
    for (const { from } of [this.#toServer, this.#toClient]) from.destroy();
  }

  #listen(lane: Lane): void {
    const { from, to } = lane;
    from.on("data", (bytes: Buffer) => {
      if (this.#stopped !== undefined) return;
      lane.held.push({ bytes, dueAt: performance.now() + (this.#faults.delayMs ?? 0) });
      lane.heldBytes += bytes.length;
      if (lane.heldBytes > HELD_LIMIT_BYTES) from.pause();
      void this.#pump(lane);
    });
    from.on("end", () => {
      lane.ended = true;
      void this.#pump(lane);
    });
    // A reset on one side is a reset on the other.
    from.on("error", () => {
      if (this.#stopped === undefined) to.resetAndDestroy();
    });
    from.on("close", () => {
      this.#openSockets--;
      if (this.#stopped === undefined && !lane.ended) to.destroySoon();
    });
  }

  /** Writes what is due, in order; runs at most once per lane. */
  async #pump(lane: Lane): Promise<void> {
    if (lane.pumping) return;
    lane.pumping = true;
    for (let next = lane.held[0]; next !== undefined && this.#moves(); next = lane.held[0]) {
      const waitMs = next.dueAt - performance.now();
      if (waitMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        continue;
      }
      lane.held.shift();
      lane.heldBytes -= next.bytes.length;
      await this.#write(lane, next.bytes);
      if (lane.heldBytes <= HELD_LIMIT_BYTES && this.#moves()) lane.from.resume();
    }
    lane.pumping = false;
    if (lane.ended && lane.held.length === 0 && this.#moves()) lane.to.end();
  }

  async #write(lane: Lane, bytes: Buffer): Promise<void> {
    const slice = this.#faults.sliceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length && this.#stopped === undefined; at += slice) {
      await this.#thawed();
      const { cut, flip } = this.#faults;
      const cuts = cut?.direction === lane.direction;
      const room = cuts ? cut.afterBytes - lane.passed : Infinity;
      const part = Buffer.from(bytes.subarray(at, at + Math.min(slice, room, bytes.length - at)));
      if (flip?.direction === lane.direction) flipBit(part, flip.atByte - lane.passed);
      lane.passed += part.length;
      await written(lane.to, part);
      if (cuts && lane.passed >= cut.afterBytes) this.cut(cut.how);
    }
  }

  #moves(): boolean {
    return !this.#frozen && this.#stopped === undefined;
  }

  async #thawed(): Promise<void> {
    while (this.#frozen && this.#openSockets > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function newLane(direction: Direction, from: Socket, to: Socket): Lane {
  return { direction, from, to, held: [], heldBytes: 0, passed: 0, ended: false, pumping: false };
}

/** Resolves a turn after the bytes are with the kernel, so that every slice can be read by itself. */
function written(socket: Socket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.write(bytes, () => setImmediate(resolve));
  });
}

function flipBit(bytes: Buffer, at: number): void {
  const byte = bytes[at];
  if (byte !== undefined) bytes[at] = byte ^ 1;
}
