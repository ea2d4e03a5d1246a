import { expect, test } from "vitest";
import { isRedisUrl, maskUrl, parseSentinelUrl } from "./redis-url.ts";

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
])("%s names no Sentinels", (url) => {
  expect(isRedisUrl(url)).toBe(false);
});

test("a password of Sentinels may have colons, and what is percent-encoded", () => {
  expect(parseSentinelUrl("redis+sentinel://user:p:a%2Fs%40s@h:1,[fd00::1]/name/2")).toEqual({
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
