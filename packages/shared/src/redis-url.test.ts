import { expect, test } from "vitest";
import {
  isRedisUrls,
  maskUrl,
  parseClusterUrl,
  parseSentinelUrl,
  splitRedisUrls,
  toRedisPlaces,
} from "./redis-url.ts";

test.each([
  ["redis://10.0.0.7:6379/2", "redis://10.0.0.7:6379/2"],
  ["rediss://user:pl4nted@h:6380/0", "rediss://user:***@h:6380/0"],
  ["redis://:pl4nted@h", "redis://:***@h"],
  ["redis://user:12/pl4nted@h", "redis://user:***@h"],
  ["redis://h:6379?password=pl4nted", "redis://h:6379?***"],
  ["redis://h:6379?password=a@pl4nted", "redis://h:***"],
  ["redis://user:12?pl4nted@h", "redis://user:***"],
  ["redis+sentinel://one:26379,two/name/1", "redis+sentinel://one:26379,two/name/1"],
  ["redis+sentinel://user:pa/pl4nted@h", "redis+sentinel://user:***@h"],
  ["redis+sentinel://user:p:pl4nted@h", "redis+sentinel://user:***@h"],
  ["redis+sentinel://user:p@pl4nted@h,i/name", "redis+sentinel://user:***@h,i/name"],
  ["redis://pl4nted:p@h:99999", "(not a URL)"],
  ["redis+cluster://user:pl4nted@h:6379,i", "redis+cluster://user:***@h:6379,i"],
  ["redis://:pl4nted@h rediss://u:pl4nted@i:1", "redis://:***@h rediss://u:***@i:1"],
  ["redis://user:pl4 nted@h", "redis://user:***@h"],
])("%s is shown as %s", (url, shown) => {
  expect(maskUrl(url)).toBe(shown);
});

test.each([
  "redis+sentinel://user:pa/ss@h",
  "redis+sentinel://user:p@ss@h",
  "redis+sentinel://user:50%@h",
  "redis+sentinel://h:26379/name?db=1",
  "redis+sentinel://h:26379/name/one",
  "redis+sentinel://h,,i",
  "redis+sentinel://h, i",
  "redis+sentinel://fd00::1",
  "redis+sentinel://",
  "redis+cluster://h:6379/1",
  "redis+cluster://user:pa/ss@h",
  "redis+cluster://",
  "redis://h redis://user:pa ss@i",
  "redis://h i",
])("%s names no Redis", (url) => {
  expect(isRedisUrls(url)).toBe(false);
});

test("a password of Sentinels may have colons, and what is percent-encoded", () => {
  expect(parseSentinelUrl("redis+sentinel://user:p:a%2Fs%40s@h:1,[fd00::1]/name/2")).toEqual({
    isTls: false,
    username: "user",
    password: "p:a/s@s",
    sentinels: [
      { host: "h", port: 1 },
      { host: "fd00::1", port: 26_379 },
    ],
    name: "name",
    database: 2,
  });
  expect(parseSentinelUrl("redis+sentinel://h")).toMatchObject({
    username: "",
    password: "",
    database: null,
  });
});

test("a Cluster's servers, with and without encryption", () => {
  expect(parseClusterUrl("rediss+cluster://user:p%40ss@one:7000,two,[fd00::1]:7001")).toEqual({
    isTls: true,
    username: "user",
    password: "p@ss",
    nodes: [
      { host: "one", port: 7_000 },
      { host: "two", port: 6_379 },
      { host: "fd00::1", port: 7_001 },
    ],
  });
  expect(parseClusterUrl("redis+cluster://h")).toMatchObject({ isTls: false, username: "", password: "" });
  expect(parseClusterUrl("redis+sentinel://h")).toBeNull();
});

test("several URLs are parted by blanks", () => {
  const urls = " redis://one:1\n rediss+cluster://two,three ";
  expect(splitRedisUrls(urls)).toEqual(["redis://one:1", "rediss+cluster://two,three"]);
  expect(isRedisUrls(urls)).toBe(true);
});

test.each([
  ["redis://10.0.0.7", [["10.0.0.7", 6_379]]],
  ["rediss://user:pass@redis.example:6380/2", [["redis.example", 6_380]]],
  ["redis://[fd00::1]:7000", [["fd00::1", 7_000]]],
  ["unix:///run/redis.sock", []],
  [
    "redis+sentinel://user:p%40ss@one:26380,two,[fd00::1]:26381/name/3",
    [
      ["one", 26_380],
      ["two", 26_379],
      ["fd00::1", 26_381],
    ],
  ],
  ["redis+sentinel://one:26379", [["one", 26_379]]],
  [
    "rediss+cluster://user:p@one:7000,two",
    [
      ["one", 7_000],
      ["two", 6_379],
    ],
  ],
])("%s names its places", (url, places) => {
  expect(toRedisPlaces(url).map(({ host, port }) => [host, port])).toEqual(places);
});
