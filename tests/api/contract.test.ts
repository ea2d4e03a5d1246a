// The API keeps to its own description: every route answers what its schema and the OpenAPI document say, and
// no request from those schemas, however odd, is a bug.

import { errorsOf, renderOpenApi } from "@postrider/api/openapi";
import { problemSchema } from "@postrider/api/route/problem";
import type { Route } from "@postrider/api/route/route";
import { ROUTES } from "@postrider/api/routes";
import { ERROR_CODES } from "@postrider/shared/error-codes";
import { createLogger } from "@postrider/shared/log";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createWorker, type PostriderWorker } from "@postrider/worker/worker";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Answered, type RunningApi, startApi } from "../support/api.ts";
import { closedPort } from "../support/network.ts";
import { newKey } from "../support/secret-keys.ts";
import { createOwned, EXAMPLES, type Example, type Owned, toPath } from "./requests.ts";

const TOKEN = "a".repeat(40);

let api: RunningApi;
let owned: Owned;
let worker: PostriderWorker;
beforeAll(async () => {
  const secretKeys = newKey("k1");
  const given = { name: "all", scopes: ["admin"], token: TOKEN };
  api = await startApi({
    POSTRIDER_SECRET_KEYS: secretKeys,
    POSTRIDER_API_TOKENS: JSON.stringify([given]),
    POSTRIDER_API_REQUESTS_PER_SECOND: "100000",
  });
  owned = await createOwned(api, "mine");
  // For test sends alone: it serves a lane in which nothing lies, and no name of a host is resolved.
  worker = await createWorker(
    readSettings({
      POSTRIDER_REDIS_URL: api.redisUrl,
      POSTRIDER_SECRET_KEYS: secretKeys,
      POSTRIDER_LANES: "unused",
      POSTRIDER_DNS_SERVERS: `127.0.0.1:${await closedPort()}`,
      POSTRIDER_METRICS_PORT: "0",
      POSTRIDER_METRICS_HOST: "127.0.0.1",
    }),
    createLogger({ level: "silent", format: "json" }).log,
  );
  void worker.run();
});
afterAll(async () => {
  await worker.close();
  await api[Symbol.asyncDispose]();
});

const document = renderOpenApi(ROUTES) as {
  components: { schemas: Record<string, object> };
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema: object }> }> }>
  >;
};

/** A schema of the description with what it refers to beside it. */
function resolve(schema: object): object {
  const text = JSON.stringify({ ...schema, $defs: document.components.schemas });
  return JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/')) as object;
}

/** Checks an answer that is no JSON document: its type, and each of its lines where these are JSON. */
function expectText(route: Route, { headers, text }: Answered, content: object | undefined): void {
  const { type, line } = route.text ?? { type: "" };
  expect(headers.get("content-type")).toMatch(new RegExp(`^${type}(;|$)`));
  expect(Object.keys(content ?? {}), `${route.id} does not say what it answers`).toEqual([type]);
  if (line === undefined) return;
  for (const one of text.trimEnd().split("\n"))
    expect(line.safeParse(JSON.parse(one)).error?.issues ?? [], one).toEqual([]);
}

/** Checks an answer against everything that the API says of it. */
function expectContract(route: Route, answered: Answered): void {
  const { status, json, text, headers } = answered;
  const path = route.path.replace(/:(\w+)/g, "{$1}");
  const described = document.paths[path]?.[route.method.toLowerCase()]?.responses[String(status)];
  expect(described, `${route.id} does not say that it answers ${status}: ${text}`).toBeDefined();
  expect(text).not.toMatch(/\bat .+\.[jt]s:\d+/);
  if (Object.hasOwn(route.replies, status)) {
    if (route.text !== null) expectText(route, answered, described?.content);
    if (route.reply === null || status === 204) return;
    expect(route.reply.safeParse(json).error?.issues ?? [], `${route.id}: ${text}`).toEqual([]);
    const schema = described?.content?.["application/json"]?.schema ?? {};
    expect(z.fromJSONSchema(resolve(schema) as never).safeParse(json).error?.issues ?? [], text).toEqual([]);
    return;
  }
  expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
  const problem = problemSchema.parse(json);
  expect(problem.status).toBe(status);
  expect(errorsOf(route), `${route.id} does not name ${problem.code}`).toContain(problem.code);
  for (const { pointer } of problem.problems)
    expect(pointer).toMatch(/^(?:(?:\/[^/]*)*|(?:query|path|header) .+)$/);
}

test("every route has an example", () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(ROUTES.map(({ id }) => id).sort());
  expect(new Set(ROUTES.map(({ id }) => id)).size).toBe(ROUTES.length);
});

test.each(ROUTES.map((route) => [route.id, route] as const))(
  "%s answers as its schema says",
  async (id, route) => {
    const example = EXAMPLES[id]?.(owned) ?? {};
    const answered = await api.request(route.method, toPath(route.path, example), {
      ...example,
      token: TOKEN,
    });

    expect(Object.keys(route.replies), answered.text).toContain(String(answered.status));
    expectContract(route, answered);
  },
);

test("replies have no defaults and no transforms: what is described is what is sent", () => {
  for (const { id, reply, text, replies } of ROUTES) {
    expect(reply !== null || text !== null || Object.keys(replies).join() === "204", id).toBe(true);
    if (reply === null) continue;
    const options = { unrepresentable: "any", target: "draft-2020-12" } as const;
    const strict = (schema: unknown) =>
      JSON.stringify(schema).replaceAll(',"additionalProperties":false', "");
    expect(strict(z.toJSONSchema(reply, { ...options, io: "input" })), id).toBe(
      strict(z.toJSONSchema(reply, { ...options, io: "output" })),
    );
  }
});

test("every reference in the description leads somewhere, and no query is said to be a boolean", async () => {
  const { json, text } = await api.request("GET", "/openapi.json");

  expect(json).toEqual(JSON.parse(JSON.stringify(document)));
  expect(json.openapi).toBe("3.1.0");
  for (const [, pointer = ""] of text.matchAll(/"\$ref": "#([^"]+)"/g)) {
    const found = pointer
      .split("/")
      .slice(1)
      .reduce((at, name) => at?.[name], json);
    expect(found, pointer).toBeDefined();
  }
  for (const route of ROUTES) {
    const description = JSON.stringify(
      route.query === null ? {} : z.toJSONSchema(route.query, { io: "input" }),
    );
    expect(description, route.id).not.toContain('"boolean"');
  }
});

test("a number in a query is read from its text", async () => {
  expect((await api.request("GET", "/v1/runs?limit=1", { token: TOKEN })).json.runs).toHaveLength(1);
});

/** Values that people and programs put where something else belongs. */
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(null, "", 0, -1, 1.5, 1e308, "\u0000", "ä\ud800", [], {}, [[]], true),
  fc.constantFrom<unknown>("{{ customer.id }}", "{% if %}", "2026-13-45T99:99:99Z", "x".repeat(2_000)),
  fc.dictionary(
    fc.constantFrom("__proto__", "constructor", "toString", "id", "a.b", "[0]", ""),
    fc.jsonValue(),
  ),
);

/** A document with one of its members, at any depth, exchanged, added or taken away. */
function mutate(document: unknown, steps: readonly number[], value: unknown): unknown {
  const [step = 0, ...rest] = steps;
  if (typeof document !== "object" || document === null || rest.length === 0) return value;
  if (Array.isArray(document))
    return document.map((member, index) =>
      index === step % Math.max(1, document.length) ? mutate(member, rest, value) : member,
    );
  const names = [...Object.keys(document), "more"];
  const name = names[step % names.length] ?? "more";
  const members = document as Record<string, unknown>;
  return { ...members, [name]: mutate(members[name], rest, value) };
}

const steps = fc.array(fc.nat(20), { minLength: 1, maxLength: 5 });

test.each(
  ROUTES.filter(({ body, query, params }) => body !== null || query !== null || params !== null).map(
    (route) => [route.id, route] as const,
  ),
)("%s takes the oddest requests without a bug", async (id, route) => {
  const example = EXAMPLES[id]?.(owned) ?? {};
  await fc.assert(
    fc.asyncProperty(oddValue, steps, fc.nat(2), async (value, where, part) => {
      const odd = oddRequest(route, example, { value, where, part });
      const answered = await api.request(route.method, toPath(route.path, odd), { ...odd, token: TOKEN });
      expect(answered.status, answered.text).not.toBe(500);
      // With a part of the path that is empty, or `.`, it is another path.
      if (!["not_found", "method_not_allowed"].includes(answered.json?.code)) expectContract(route, answered);
    }),
    { numRuns: 25 },
  );
});

/** Halves of characters, which no URL can hold, away. */
function withoutHalves(text: string): string {
  return Buffer.from(text).toString();
}

function oddRequest(
  route: Route,
  example: Example,
  { value, where, part }: { value: unknown; where: readonly number[]; part: number },
): Example {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // Where there is nothing else to be odd: some routes take seconds when they are not.
  const isAlone = route.query === null && route.body === null;
  if ((part === 0 || isAlone) && route.params !== null) {
    const [name = "id"] = Object.keys(example.params ?? {});
    return { ...example, params: { ...example.params, [name]: withoutHalves(text) } };
  }
  if (part === 1 && route.query !== null) {
    const names = ["limit", "after", "from", "to", "by", "reason", "onInvalid", "odd"];
    const name = names[(where[0] ?? 0) % names.length] ?? "odd";
    return { ...example, query: `?${name}=${encodeURIComponent(withoutHalves(text))}` };
  }
  return route.body === null
    ? example
    : { ...example, body: JSON.stringify(mutate(example.body, where, value)) };
}

test("every code of the description has a status that HTTP knows", () => {
  for (const route of ROUTES)
    for (const code of errorsOf(route)) expect(ERROR_CODES[code].status, code).toBeGreaterThanOrEqual(400);
});
