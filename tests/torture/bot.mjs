import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

/** Never says the same twice, so that two answers to one mail can be told from one answer sent twice. */
export default async function answer() {
  await sleep(Math.random() * 60);
  return { text: `answer ${randomUUID()}` };
}
