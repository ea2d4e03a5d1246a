import { expect, test } from "vitest";
import { joinPlace, splitPlace } from "./joined-place.ts";

test.each([
  ["a place in a shard", joinPlace("2", "x|y"), { shard: "2", after: "x|y" }],
  ["the beginning of one", joinPlace("1", ""), { shard: "1", after: "" }],
  ["one of a time with one shard", '[1,false,"a|b"]', { shard: "1", after: '[1,false,"a|b"]' }],
  ["one in a shard that is gone", joinPlace("3", "x"), { shard: "10", after: "" }],
  ["one in a shard that was the last", joinPlace("11", "x"), { shard: undefined, after: "" }],
])("where to go on: %s", (_, place, expected) => {
  expect(splitPlace(place, ["1", "2", "10"])).toEqual(expected);
});
