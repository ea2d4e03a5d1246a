import { expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { reply } from "../support/receiver.ts";
import { startShardServers } from "../support/shards.ts";
import { customers, startSystem } from "../support/system.ts";

interface Listed {
  readonly shards: readonly {
    readonly name: string;
    readonly server: number;
    readonly state: string;
    readonly isUp: boolean;
    readonly open: number | null;
    readonly deadLetters: number | null;
  }[];
}

test("the command line lists shards, sets their number, and lets go of one that is empty; status names those away", async () => {
  await using servers = await startShardServers(2);
  const [redis = ""] = servers.urls;
  await using system = await startSystem(() => reply(404), { redis, servers: servers.urls, keyPrefix });
  await system.apply();
  const environment = { POSTRIDER_REDIS_URL: servers.urls.join(" "), POSTRIDER_KEY_PREFIX: keyPrefix };
  const command = async (...words: string[]) => await run(words, environment);
  const list = async () => (JSON.parse((await command("shards", "list", "--json")).stdout) as Listed).shards;

  expect(await list()).toEqual([
    { name: "0", server: 0, state: "open", isUp: true, open: 0, deadLetters: 0 },
  ]);
  expect((await command("shards", "set", "two")).stderr).toContain("whole number");
  expect((await command("shards", "set", "2")).stdout).toMatch(/^1 +2 +open +yes/m);
  await system.startWorker({ POSTRIDER_LANES: "bulk" });
  await eventually(async () => {
    await system.producer.enqueueAll(
      customers(20).map((customer) => ({ action: "a", customer, lane: "bulk" })),
    );
    expect((await list()).every(({ deadLetters }) => (deadLetters ?? 0) > 0)).toBe(true);
  });

  expect((await command("shards", "set", "1")).code).toBe(0);
  expect((await list()).map(({ state }) => state)).toEqual(["open", "draining"]);
  expect(await command("shards", "remove", "0")).toMatchObject({ code: 2 });
  const left = await command("shards", "remove", "1");
  expect([left.code, left.stderr]).toEqual([
    2,
    expect.stringContaining("dead letters are left in the shard 1"),
  ]);

  await servers.kill(1);
  await eventually(async () => {
    expect((await command("status")).stdout).toContain("the Redis of shard 1 does not answer");
    expect((await list())[1]).toMatchObject({ isUp: false, open: null });
  });
  await servers.restart(1);
  await eventually(async () => expect((await list())[1]).toMatchObject({ isUp: true, open: 0 }));
  await eventually(async () => {
    expect((await command("dead-letters", "purge", "--all")).code).toBe(0);
    const { stderr } = await command("shards", "remove", "1");
    expect(stderr).toContain("a run or key of it that is handed in again would be sent once more");
    expect((await command("shards", "remove", "1", "--forget-ids")).code).toBe(0);
  });
  expect((await list()).map(({ name }) => name)).toEqual(["0"]);
  expect((await command("audit")).stdout).toMatch(/shard\.removed.*1/);
});
