// Tokens: what lets a caller in, and how far.

import { digestToken } from "@postrider/shared/api-token";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { expect, test } from "vitest";
import { expectProblem, request, startApi } from "../support/api.ts";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { storeKeys } from "../support/keys.ts";
import { closedPort } from "../support/network.ts";
import { openRedis } from "../support/open-redis.ts";
import { startProxy } from "../support/proxy.ts";
import { oneServerUrl } from "../support/redis.ts";

const OWN = "an-own-token-of-32-characters-or-more";
const TOKENS = { POSTRIDER_API_TOKENS: JSON.stringify([{ name: "own", scopes: ["admin"], token: OWN }]) };

test("without any token the API listens on loopback, says so, and needs none", async () => {
  await using api = await startApi({ POSTRIDER_API_HOST: "0.0.0.0" });

  expect(api.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect(api.logged).toContainEqual(
    expect.objectContaining({ msg: expect.stringMatching(/no token is there.*loopback only/) }),
  );
  expect((await api.request("GET", "/v1/runs")).status).toBe(200);
  expectProblem(await api.request("GET", "/v1/runs", { token: OWN }), "unauthorized");
});

test.each([
  ["another site's page", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }],
  ["a page of another port", { origin: "http://127.0.0.1:1" }],
  ["a sandboxed page", { origin: "null" }],
])("without tokens %s gets nothing", async (_, headers) => {
  await using api = await startApi();

  expectProblem(await api.request("POST", "/v1/runs/x/cancel", { headers }), "forbidden");
});

test("the first token that is made ends that, and revoking the last one opens nothing that was closed", async () => {
  await using open = await startApi();
  const { token, id } = await open.producer.tokens.create({ name: "first", scopes: ["admin"] });
  await eventually(async () => expectProblem(await open.request("GET", "/v1/runs"), "unauthorized"));
  await using closed = await startApi({ POSTRIDER_REDIS_URL: open.redisUrl });

  expect((await closed.request("GET", "/v1/runs", { token })).status).toBe(200);
  expect((await closed.request("DELETE", `/v1/tokens/${id}`, { token })).status).toBe(204);
  await eventually(async () =>
    expectProblem(await closed.request("GET", "/v1/runs", { token }), "unauthorized"),
  );
  expectProblem(await closed.request("GET", "/v1/runs"), "unauthorized");
});

test("scopes hold each other as they are said to", async () => {
  await using api = await startApi(TOKENS);
  const held = {
    enqueue: { "GET /v1/runs": false, "POST /v1/runs/x/pause": false, "GET /v1/tokens": false },
    read: { "GET /v1/runs": true, "POST /v1/runs/x/pause": false, "GET /v1/tokens": false },
    manage: { "GET /v1/runs": true, "POST /v1/runs/x/pause": true, "GET /v1/tokens": false },
    admin: { "GET /v1/runs": true, "POST /v1/runs/x/pause": true, "GET /v1/tokens": true },
  } as const;
  for (const [scope, routes] of Object.entries(held)) {
    const made = await api.request("POST", "/v1/tokens", {
      token: OWN,
      body: { name: scope, scopes: [scope] },
    });
    expect(made.status).toBe(201);
    await eventually(async () => {
      const known = await api.request("GET", "/v1/runs", { token: made.json.token });
      expect(known.status).not.toBe(401);
    });
    for (const [line, isAllowed] of Object.entries(routes)) {
      const [method = "", path = ""] = line.split(" ");
      const answered = await api.request(method, path, { token: made.json.token });
      if (isAllowed) expect(answered.status, `${scope}: ${line}`).not.toBe(403);
      else expectProblem(answered, "forbidden");
    }
  }
});

test("Redis holds the digest of a token and never the token", async () => {
  await using api = await startApi(TOKENS);
  const { json } = await api.request("POST", "/v1/tokens", {
    token: OWN,
    body: { name: "a", scopes: ["read"] },
  });
  const redis = openRedis(api.redisUrl);
  const stored = JSON.stringify(await redis.hgetall(storeKeys.apiTokens()));
  redis.disconnect();

  expect(stored).toContain(digestToken(json.token));
  expect(stored).not.toContain(json.token);
  expect((await api.request("GET", "/v1/tokens", { token: OWN })).text).not.toMatch(
    new RegExp(`${json.token}|sha256`),
  );
  expect(JSON.stringify(api.logged)).not.toContain(json.token);
});

test("a token that has expired is refused, and one that is made expired is not made", async () => {
  const past = "2020-01-01T00:00:00Z";
  const known = [
    { name: "own", scopes: ["admin"], token: OWN },
    { name: "old", scopes: ["admin"], token: `${OWN}2`, expiresAt: past },
  ];
  await using api = await startApi({ POSTRIDER_API_TOKENS: JSON.stringify(known) });

  expectProblem(await api.request("GET", "/v1/runs", { token: `${OWN}2` }), "unauthorized");
  const made = await api.request("POST", "/v1/tokens", {
    token: OWN,
    body: { name: "a", scopes: ["read"], expiresAt: past },
  });
  expectProblem(made, "token_invalid");
  expect(made.json.problems).toEqual([{ pointer: "/expiresAt", message: "is in the past" }]);
});

test("the setting takes digests, refuses what is weak or double, and repeats no token", () => {
  const read = (tokens: unknown) => readSettings({ POSTRIDER_API_TOKENS: JSON.stringify(tokens) }).apiTokens;

  expect(read([{ name: "a", scopes: ["read"], sha256: digestToken(OWN) }])).toEqual(
    read([{ name: "a", scopes: ["read"], token: OWN }]),
  );
  const bad = [
    [{ name: "a", scopes: ["read"], token: "short-secret" }],
    [{ name: "a", scopes: ["all"], token: OWN }],
    [{ name: "a", scopes: ["read"] }],
    [
      { name: "a", scopes: ["read"], token: OWN },
      { name: "a", scopes: ["read"], token: `${OWN}2` },
    ],
  ];
  for (const tokens of bad) {
    expect(() => read(tokens)).toThrow(/POSTRIDER_API_TOKENS/);
    expect(() => read(tokens)).not.toThrow(/short-secret|an-own-token/);
  }
  expect(() => readSettings({ POSTRIDER_API_TOKENS: "my-secret" })).not.toThrow(/my-secret/);
});

test("a token's requests are limited, and every answer tells how many are left", async () => {
  await using api = await startApi({ ...TOKENS, POSTRIDER_API_REQUESTS_PER_SECOND: "3" });
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => api.request("GET", "/v1/runs", { token: OWN })),
  );

  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of answers) expect(answer.headers.get("ratelimit-policy")).toBe('"default";q=3;w=1');
  for (const answer of refused) {
    expectProblem(answer, "rate_limited");
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.headers.get("ratelimit")).toBe('"default";r=0;t=1');
  }
});

test("a token's rate holds for two processes together, and for each of them while Redis is away", async () => {
  const { port, pathname } = new URL(await oneServerUrl());
  await using proxy = await startProxy(Number(port));
  const settings = {
    ...TOKENS,
    POSTRIDER_REDIS_URL: `${proxy.url}${pathname}`,
    POSTRIDER_API_REQUESTS_PER_SECOND: "5",
  };
  await using one = await startApi(settings);
  await using other = await startApi(settings);
  const send = async () => {
    const answers = [];
    for (let nth = 0; nth < 30; nth++)
      for (const api of [one, other]) answers.push(api.request("GET", "/v1/tasks/none", { token: OWN }));
    return (await Promise.all(answers)).filter(({ status }) => status !== 429).length;
  };
  const startedAt = performance.now();
  const allowed = await send();
  const elapsedS = (performance.now() - startedAt) / 1_000;
  expect(allowed).toBeGreaterThanOrEqual(5);
  expect(allowed).toBeLessThanOrEqual(5 * (1 + elapsedS) + 1);

  proxy.leadTo(await closedPort());
  proxy.cut();
  const refused = await Promise.all(
    Array.from({ length: 40 }, () => one.request("GET", "/v1/runs?limit=none", { token: OWN })),
  );
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([422, 429]));
  proxy.leadTo(Number(port));
});

test("tokens by the command line", async () => {
  await using api = await startApi(TOKENS);
  const environment = { POSTRIDER_REDIS_URL: api.redisUrl };
  const made = await run(["tokens", "create", "crm", "--scope", "read", "--action", "a", "b"], environment);
  const token = made.stdout.trim();

  expect(made.code).toBe(0);
  await eventually(async () =>
    expect((await request(api.url, "GET", "/v1/runs", { token })).status).toBe(200),
  );
  const listed = await run(["tokens", "list"], environment);
  expect(listed.stdout).toMatch(/crm +read; actions a, b .*never/);
  expect(listed.stdout).not.toContain(token);
  const [, id = ""] = /the token (\w+)/.exec(made.stderr) ?? [];
  expect((await run(["tokens", "revoke", id], environment)).code).toBe(0);
  expect((await run(["tokens", "revoke", id], environment)).code).toBe(1);
  expect((await run(["tokens", "create", "x"], environment)).code).toBe(2);
});
