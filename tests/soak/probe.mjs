// Loaded before the gateway (`--import`): now and then writes down, as a line of JSON on file descriptor 3, what it holds.
import { readdirSync, readlinkSync, writeSync } from "node:fs";

const EVERY_MS = Number(process.env.SOAK_SAMPLE_MS ?? 5_000);

function count(names) {
  const counts = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function openFiles() {
  return readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
}

function listenersOf(emitter) {
  return emitter.eventNames?.().reduce((sum, name) => sum + emitter.listenerCount(name), 0) ?? 0;
}

setInterval(() => {
  globalThis.gc();
  const { heapUsed, rss, external } = process.memoryUsage();
  const files = openFiles();
  const resources = process.getActiveResourcesInfo();
  // Node has no public list of the sockets and timers themselves; this one has been there since its beginnings.
  // oxlint-disable-next-line no-underscore-dangle -- see above
  const listeners = [process, ...process._getActiveHandles()].reduce((sum, each) => sum + listenersOf(each), 0);
  const sockets = files.filter((name) => name.startsWith("socket:")).length;
  const sample = { heapUsed, external, rss, files: files.length, sockets, handles: resources.length, listeners };
  writeSync(3, `${JSON.stringify({ ...sample, resources: count(resources) })}\n`);
}, EVERY_MS).unref();
