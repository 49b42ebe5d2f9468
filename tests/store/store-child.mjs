// Works with a store in a process of its own: store-child.mjs <path> <fill|hold> [uid]. Runs until it is killed.
import { openDatabase } from "../../src/store/sqlite-driver.ts";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { mail } from "./records.ts";

const [path = "", task = "", uid] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

try {
  // Loaded before it becomes somebody who may not read the code.
  openDatabase(":memory:").close();
  if (uid) {
    process.setgid?.(Number(uid));
    process.setuid?.(Number(uid));
  }
  const store = await openSqliteStore(path);
  say("open");
  const { inbox } = store.account("work");
  const accept = async (number) => {
    const one = mail(number);
    await inbox.accept({ ...one, record: { ...one.record, fullText: "x".repeat(10_000) } });
  };
  if (task === "hold") await new Promise(() => setInterval(() => {}, 1_000));
  for (let first = 1; ; first += 3) {
    try {
      await Promise.all([accept(first), accept(first + 1), accept(first + 2)]);
      say(`stored ${first + 2}`);
    } catch (error) {
      say(`refused ${error.code} ${error.message}`);
      first -= 3;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
} catch (error) {
  say(`failed ${error.code} ${error.message}`);
}
