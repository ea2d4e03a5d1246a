// What holds for every request to the API, whatever the route: problems, limits, headers, ids.

import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";

let api: RunningApi;
beforeAll(async () => {
  api = await startApi({ POSTRIDER_API_BODY_BYTES_MAX: "100000" });
});
afterAll(() => api[Symbol.asyncDispose]());

const RELEASE = "/v1/runs/spring/release";

test("a path that is none, and a method that a path has not", async () => {
  expectProblem(await api.request("GET", "/v1/nothing"), "not_found");
  const wrong = await api.request("DELETE", RELEASE);
  expectProblem(wrong, "method_not_allowed");
  expect(wrong.headers.get("allow")).toBe("POST");
});

test.each([
  ["no JSON", "{", {}, "request_malformed"],
  ["a number that none holds", '{"delivery":1e999}', {}, "request_malformed"],
  ["bad UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, "request_malformed"],
  ["nested too deeply", "[".repeat(70) + "]".repeat(70), {}, "request_malformed"],
  ["too large", `{"delivery":"${"x".repeat(100_000)}"}`, {}, "body_too_large"],
  [
    "another charset",
    "{}",
    { "content-type": "application/json; charset=iso-8859-1" },
    "media_type_unsupported",
  ],
  ["a coding", "{}", { "content-encoding": "gzip" }, "media_type_unsupported"],
  ["another type", "a=b", { "content-type": "application/x-www-form-urlencoded" }, "media_type_unsupported"],
  ["no type", "{}", { "content-type": "" }, "media_type_unsupported"],
])("a body: %s", async (_, body, headers, code) => {
  expectProblem(await api.request("POST", RELEASE, { body, headers }), code);
});

test("UTF-8 by any spelling is read, and brackets within texts do not count as depth", async () => {
  for (const charset of ["utf-8", "UTF-8", '"utf-8"', "utf8"]) {
    const answered = await api.request("POST", RELEASE, {
      body: JSON.stringify({ delivery: `"${"[".repeat(90)}\\` }),
      headers: { "content-type": `application/json; charset=${charset}` },
    });
    expectProblem(answered, "run_unknown");
  }
});

test("every problem of a body has its JSON pointer", async () => {
  const answered = await api.request("POST", RELEASE, { body: { delivery: 3, "a/b~c": 1 } });

  expectProblem(answered, "request_invalid");
  expect(answered.json.problems.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    "/delivery",
    "/a~1b~0c",
  ]);
});

test("the name __proto__ is told where it stands, however it is written", async () => {
  for (const body of ['{"a":{"__proto__":1}}', '{"a":{"\\u005f_proto__":1}}']) {
    const answered = await api.request("POST", RELEASE, { body });
    expectProblem(answered, "request_invalid");
    expect(answered.json.problems[0].pointer).toBe("/a/__proto__");
  }
});

test("problems of the query name it", async () => {
  const answered = await api.request("GET", "/v1/runs?limit=0&unknown=1");

  expectProblem(answered, "request_invalid");
  expect(answered.json.problems.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    "query limit",
    "query unknown",
  ]);
});

test("a request keeps its id where that is one, in the answer and in the log", async () => {
  const given = await api.request("GET", "/v1/runs", { headers: { "x-request-id": "mine-1" } });
  const odd = await api.request("GET", "/v1/runs", { headers: { "x-request-id": "a b<script>" } });

  expect(given.headers.get("x-request-id")).toBe("mine-1");
  expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(api.logged).toContainEqual(expect.objectContaining({ requestId: "mine-1", status: 200 }));
});

test("every answer carries the security headers", async () => {
  for (const path of ["/v1/runs", "/v1/nothing", "/docs", "/healthz", "/v1/%zz"]) {
    const { headers } = await api.request("GET", path);
    expect(headers.get("content-security-policy"), path).toMatch(
      /default-src 'self'.*frame-ancestors 'none'/,
    );
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("cache-control"), path).toBe("no-store");
    expect(headers.get("referrer-policy"), path).toBe("no-referrer");
    expect(headers.get("x-request-id"), path).not.toBeNull();
  }
});

test("the page needs no script and no style but its own file", async () => {
  const { text: page } = await api.request("GET", "/docs");

  expect(page).not.toMatch(/<script|<style|\s(?:style|on\w+)=|(?:src|href)="(?!\/|#)/i);
  expect((await api.request("GET", "/docs.css")).headers.get("content-type")).toMatch(/^text\/css/);
});

test("what is no HTTP is answered as a problem", async () => {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.write("NONSENSE\r\n\r\n");

  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")))).toMatchObject({ code: "request_malformed" });
});

test("health, readiness and series", async () => {
  expect((await api.request("GET", "/healthz")).json).toEqual({ status: "ok" });
  expect((await api.request("GET", "/readyz")).json).toEqual({ status: "ok" });
  expect((await api.request("HEAD", "/readyz")).status).toBe(200);
  expect((await api.request("GET", "/metrics")).text).toMatch(
    /postrider_api_requests_total\{method="GET",route="\/readyz",status_class="2xx"\} [12]/,
  );
});
