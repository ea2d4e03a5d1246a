import { inspect } from "node:util";
import { expect, test } from "vitest";
import { asProducer, connectRedis, producerOptions, toRedisPlaces } from "./connect.ts";

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });

test.each([
  named("AbortError", "Command aborted due to connection close"),
  named("Error", "Connection is closed."),
  named("Error", "Stream isn't writeable and enableOfflineQueue options is false"),
  named("Error", "Command timed out"),
  named("MaxRetriesPerRequestError", "Reached the max retries per request limit (which is 0)."),
  named("Error", "connect ECONNREFUSED 127.0.0.1:6379"),
  named("ReplyError", "LOADING Redis is loading the dataset in memory"),
  named("ReplyError", "READONLY You can't write against a read only replica."),
  Object.assign(named("ReplyError", "EXECABORT Transaction discarded because of previous errors."), {
    previousErrors: [named("ReplyError", "MISCONF Redis is configured to save RDB snapshots")],
  }),
])("$message is redis_unavailable", async (error) => {
  await expect(asProducer(() => Promise.reject(error))).rejects.toMatchObject({ code: "redis_unavailable" });
});

test("a transaction refused at maxmemory is redis_full", async () => {
  const error = Object.assign(named("ReplyError", "EXECABORT Transaction discarded"), {
    previousErrors: [named("ReplyError", "OOM command not allowed when used memory > 'maxmemory'.")],
  });
  await expect(asProducer(() => Promise.reject(error))).rejects.toMatchObject({ code: "redis_full" });
});

test("the customers' data that ioredis hangs on its errors does not reach the caller's log", async () => {
  const command = { name: "evalsha", args: ['{"customer":{"id":1,"iban":"DE02"}}'] };
  const error = Object.assign(named("AbortError", "Command aborted due to connection close"), {
    command,
    previousErrors: [Object.assign(named("AbortError", "Command aborted"), { command })],
  });
  const told = await asProducer(() => Promise.reject(error)).catch((thrown: unknown) => thrown);
  expect(inspect(told, { depth: null })).not.toContain("DE02");
});

test("other errors pass as they are", async () => {
  const error = new TypeError("x is not a function");
  await expect(asProducer(() => Promise.reject(error))).rejects.toBe(error);
});

test("a library that is given no good URL of Sentinels is told so, without the password", async () => {
  const error = await connectRedis("redis+sentinel://user:pl4/nted@h", producerOptions).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "settings_invalid" });
  expect(inspect(error)).not.toContain("nted");
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
])("%s names its places", (url, places) => {
  expect(toRedisPlaces(url).map(({ host, port }) => [host, port])).toEqual(places);
});
