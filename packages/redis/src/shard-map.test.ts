import { toEvenPart, WHOLE } from "@postrider/shared/rate-part";
import { expect, test } from "vitest";
import { KNOWN_TO_ALL_MS, ONE_SHARD, openNames, partOf, planShards, type ShardMap } from "./shard-map.ts";

const at = (map: ShardMap) => map.shards.map(({ name, server, state }) => `${name}@${server} ${state}`);

test("more shards are named anew on the servers that have the fewest, and fewer drain from the end", () => {
  const four = planShards(ONE_SHARD, { count: 4, servers: 2, now: 0 });
  expect(at(four)).toEqual(["0@0 open", "1@1 open", "2@0 open", "3@1 open"]);
  const two = planShards(four, { count: 2, servers: 2, now: 10_000 });
  expect(at(two)).toEqual(["0@0 open", "1@1 open", "2@0 draining", "3@1 draining"]);
  const three = planShards(two, { count: 3, servers: 2, now: 20_000 });
  expect(at(three)).toEqual(["0@0 open", "1@1 open", "2@0 open", "3@1 draining"]);
  expect(three.former.map(({ names }) => names.join())).toEqual(["0", "0,1,2,3", "0,1"]);
});

test("a change counts from the same moment on for all, once all know of it", () => {
  const four = planShards(ONE_SHARD, { count: 4, servers: 1, now: 1_000 });
  expect(openNames(four, 1_000 + KNOWN_TO_ALL_MS - 1)).toEqual(["0"]);
  expect(openNames(four, 1_000 + KNOWN_TO_ALL_MS)).toEqual(["0", "1", "2", "3"]);
  expect(partOf(four, "0", 1_001)).toEqual(WHOLE);
  expect(partOf(four, "2", 1_000 + KNOWN_TO_ALL_MS)).toEqual(toEvenPart(4, 2));
});

test("going back and forth keeps each set of shards once", () => {
  let map = ONE_SHARD;
  for (let change = 0; change < 50; change++)
    map = planShards(map, { count: change % 2 === 0 ? 2 : 1, servers: 1, now: change * 10_000 });
  expect(map.former.map(({ names }) => names.join())).toEqual(["0", "0,1"]);
  expect(at(map)).toEqual(["0@0 open", "1@0 draining"]);
});
