import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite-store.ts";
import { tempFolder } from "../servers/temp-folder.ts";
import { ACCOUNT, content, mail, send } from "../store/records.ts";
import { mailport } from "./mailport.ts";

describe("mailport inbox and outbox", () => {
  it("list, show, retry and drop, beside a process that has the store open", async () => {
    await using house = await setUp();
    const { config, ids } = house;
    const listed = await mailport("inbox", "list", "--config", config, "--json");
    expect(listed.code).toBe(0);
    expect(JSON.parse(listed.out).map(({ id, state }: { id: string; state: string }) => [id, state])).toEqual(
      expect.arrayContaining([
        [ids.dead, "dead"],
        [ids.done, "done"],
        [ids.waiting, "waiting"],
      ]),
    );
    const dead = await mailport("inbox", "list", "--state", "dead", "--config", config);
    expect(dead.out).toContain("the bot chokes");
    expect(dead.out).not.toContain(ids.done);
    expect((await mailport("inbox", "show", ids.dead, "--config", config)).out).toContain("reason:");
    expect(await mailport("inbox", "retry", ids.dead, "--config", config)).toMatchObject({ code: 0 });
    expect((await house.store.account(ACCOUNT).inbox.revived()).map(({ record }) => record.id)).toEqual([ids.dead]);
    expect(await mailport("inbox", "drop", ids.waiting, "--config", config)).toMatchObject({ code: 0 });
    expect(await house.store.account(ACCOUNT).inbox.deliver(ids.waiting)).toBeUndefined();

    const failed = await mailport("outbox", "list", "--config", config, "--json");
    expect(JSON.parse(failed.out)).toMatchObject([{ messageId: "<failed@bot>", state: "failed" }]);
    expect(await mailport("outbox", "retry", "failed@bot", "--config", config)).toMatchObject({ code: 0 });
    expect((await house.store.account(ACCOUNT).outbox.revived()).map(({ messageId }) => messageId)).toEqual([
      "<failed@bot>",
    ]);
    expect(await mailport("outbox", "drop", "<failed@bot>", "--config", config)).toMatchObject({ code: 0 });
  });

  it("refuse in words what may not be done", async () => {
    await using house = await setUp();
    const { config, ids } = house;
    const refused = async (...args: string[]) => {
      const { code, err } = await mailport(...args, "--config", config);
      expect(code).toBe(64);
      return err;
    };
    expect(await refused("inbox", "retry", ids.done)).toContain("it has been answered");
    expect(await refused("inbox", "drop", ids.done)).toContain("it is done with");
    expect(await refused("inbox", "show", `${ACCOUNT}/INBOX/7/999`)).toContain(`there is no ${ACCOUNT}/INBOX/7/999`);
    expect(await refused("inbox", "list", "--limit", "501")).toContain("--limit is a whole number from 1 to 500");
    expect(await refused("inbox", "list", "--state", "lost")).toContain("--state is one of: waiting");
    expect(await refused("outbox", "burn")).toContain('say what to do: list, show, retry or drop, not "burn"');
    expect(await refused("outbox", "retry")).toContain("MESSAGE-ID is missing");
  });

  it("say so when there is nothing to look at", async () => {
    await using folder = await tempFolder("desk");
    const config = await writeConfig(folder.path, { kind: "sqlite", path: "none.db" });
    const none = await mailport("inbox", "list", "--config", config);
    expect(none.code).toBe(75);
    expect(none.err).toContain("none.db");
    const memory = await writeConfig(folder.path, { kind: "memory" });
    expect((await mailport("outbox", "list", "--config", memory)).code).toBe(78);
  });
});

async function setUp() {
  const folder = await tempFolder("desk");
  const config = await writeConfig(folder.path, { kind: "sqlite", path: "mailport.db" });
  const store = await openSqliteStore(join(folder.path, "mailport.db"));
  const { inbox, outbox } = store.account(ACCOUNT);
  const mails = { dead: mail(1), done: mail(2), waiting: mail(3) };
  for (const one of Object.values(mails)) await inbox.accept(one);
  const ids = { dead: mails.dead.record.id, done: mails.done.record.id, waiting: mails.waiting.record.id };
  await inbox.deliver(ids.dead);
  await inbox.giveUp(ids.dead, "the bot chokes");
  await inbox.deliver(ids.done);
  await inbox.finish([ids.done]);
  const failed = { messageId: "<failed@bot>" };
  await outbox.add(send("k", failed), content());
  await outbox.update(send("k", { ...failed, state: "failed", isOpen: false, nextAttemptAt: undefined }));
  return {
    config,
    store,
    ids,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function writeConfig(folder: string, store: object): Promise<string> {
  const path = join(folder, `config-${JSON.stringify(store).length}.json`);
  const account = { id: "default", enabled: false };
  await writeFile(path, JSON.stringify({ store, accounts: [account], bot: { kind: "echo" } }), { mode: 0o600 });
  return path;
}
