import type { Store } from "../../src/domain/store.ts";
import { createMemoryStore } from "../../src/store/memory-store.ts";
import type { DriverName } from "../../src/store/sqlite-driver.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { driversHere } from "../store/drivers.ts";
import { temporaryStore } from "../store/records.ts";
import { storeSuite } from "./store-suite.ts";

storeSuite("in memory", async () => createMemoryStore());
for (const driver of driversHere()) storeSuite(`on disk with ${driver}`, async () => await onDisk(driver));

async function onDisk(driver: DriverName): Promise<Store> {
  const place = temporaryStore();
  const store = await openSqliteStore(place.path, { driver });
  return {
    account: (id) => store.account(id),
    attachmentPaths: async () => await store.attachmentPaths(),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      place[Symbol.dispose]();
    },
  };
}
