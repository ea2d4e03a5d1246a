import { inspect } from "node:util";
import { expect, test } from "vitest";
import { asProducer, connectRedis, toProducerOptions } from "./connect.ts";

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
  named("Error", "Too many Cluster redirections. Last error: ReplyError: MOVED 13210 127.0.0.1:7000"),
  named("ReplyError", "CLUSTERDOWN Hash slot not served"),
  named("ReplyError", "TRYAGAIN Multiple keys request during rehashing of slot"),
  named("Error", "Cluster isn't ready and enableOfflineQueue options is false"),
  named("ReplyError", "ERR Script attempted to access a non local key in a cluster node"),
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
  const options = toProducerOptions({ redisWaitMs: 1_000 });
  const url = "redis+sentinel://user:pl4/nted@h";
  const error = await connectRedis(url, options, { tag: "" }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "settings_invalid" });
  expect(inspect(error)).not.toContain("nted");
});

test.each([
  ["NOPERM User producer has no permissions to run the 'evalsha' command", "+evalsha"],
  ["NOPERM User default has no permissions to run the 'config|get' command", "+config|get"],
  ["NOPERM No permissions to access a key", "~{"],
  ["ERR The user executing the script can't run this command or subcommand script: 8f1", "docs/redis.md"],
  ["WRONGPASS invalid username-password pair or user is disabled.", "POSTRIDER_REDIS_URL"],
])("%s says what to grant", async (message, grant) => {
  const told = await asProducer(() => Promise.reject(named("ReplyError", message))).catch(
    (error: unknown) => error,
  );
  expect(told).toMatchObject({ code: "redis_denied", message: expect.stringContaining(grant) });
});
