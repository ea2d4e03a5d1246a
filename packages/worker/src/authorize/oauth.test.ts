import type { OAuthClient } from "@postrider/compose/compile-credentials";
import { expect, test } from "vitest";
import type { Reply } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { readTokenAnswer, toTokenRequest } from "./oauth.ts";

const client: OAuthClient = {
  tokenUrl: { origin: "https://id.example.com", path: "/token?tenant=1" },
  clientId: "client:1",
  clientSecret: "s%c ret",
  scope: "write read",
  audience: "https://api.example.com",
  clientAuthentication: "basic",
};

function reply(status: number, body: unknown): Reply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "reply", status, headers: {}, body: LazyText.of(text), isCut: false };
}

const NOW = 1_700_000_000_000;
const read = (finding: Parameters<typeof readTokenAnswer>[0]) => readTokenAnswer(finding, NOW);

test("the request for a token is RFC 6749's, with the client in the header or in the body", () => {
  const inHeader = toTokenRequest(client);
  expect(inHeader).toMatchObject({
    method: "POST",
    origin: "https://id.example.com",
    path: "/token?tenant=1",
    body: "grant_type=client_credentials&scope=write+read&audience=https%3A%2F%2Fapi.example.com",
  });
  expect(inHeader.headers).toContain(`Basic ${Buffer.from("client%3A1:s%25c+ret").toString("base64")}`);

  expect(inHeader.headers.join(" ")).toMatch(/ User-Agent Postrider\/\d+\.\d+\.\d+/);

  const inBody = toTokenRequest({ ...client, clientAuthentication: "body" });
  expect(inBody.headers).not.toContain("Authorization");
  expect(new URLSearchParams(inBody.body ?? "").get("client_secret")).toBe("s%c ret");
  expect(new URLSearchParams(inBody.body ?? "").get("client_id")).toBe("client:1");
});

test.each(["Bearer", "bearer", "BearerToken", "bearertoken", "jwt-bearer", " Bearer ", undefined])(
  "a token of the type %j is sent as Bearer",
  (token_type) => {
    expect(read(reply(200, { access_token: "t", token_type }))).toMatchObject({ value: "t" });
  },
);

test.each(["mac", "DPoP", "PoP", "N_A", "", "jwt"])("a token of the type %j is of no use", (token_type) => {
  expect(read(reply(200, { access_token: "t", token_type }))).toMatchObject({
    kind: "unsendable",
    reason: "auth_failed",
  });
});

test.each<[unknown, number]>([
  [3_600, 3_600_000],
  ["60", 60_000],
  [undefined, 300_000],
  [-1, 300_000],
  ["soon", 300_000],
  [1e12, 86_400_000],
])("expires_in %j means %i ms", (expires_in, lifetimeMs) => {
  expect(read(reply(200, { access_token: "t", token_type: "BEARER", expires_in }))).toEqual({
    value: "t",
    lifetimeMs,
  });
});

test.each<[number, unknown, string]>([
  [200, { token_type: "bearer" }, "auth_unavailable"],
  [200, "<html>", "auth_unavailable"],
  [200, { error: "incorrect_client_credentials" }, "auth_failed"],
  [200, { error: "invalid_client", error_description: "s%c ret is wrong" }, "auth_failed"],
  [200, { error: "slow_down" }, "auth_unavailable"],
  [200, { access_token: null }, "auth_unavailable"],
  [200, { access_token: "a\r\nX: 1" }, "auth_failed"],
  [200, { access_token: "t", token_type: "mac" }, "auth_failed"],
  [302, "", "auth_failed"],
  [400, { error: "invalid_scope" }, "auth_failed"],
  [401, { error: "invalid_client", error_description: "s%c ret is wrong" }, "auth_failed"],
  [408, "", "auth_unavailable"],
  [429, "", "auth_unavailable"],
  [500, "", "auth_unavailable"],
  [503, { error: "temporarily_unavailable" }, "auth_unavailable"],
])("the answer %i %j is %s, and nothing of it is repeated but the error's code", (status, body, reason) => {
  const finding = read(reply(status, body));

  expect(finding).toMatchObject({ reason });
  expect(JSON.stringify(finding)).not.toContain("s%c ret");
  const code = (body as { error?: string }).error;
  if (code !== undefined) expect(JSON.stringify(finding)).toContain(code);
});

test.each<[string, Partial<Reply>]>([
  ["with a byte order mark", { body: LazyText.of('\ufeff{"access_token":"t"}') }],
  ["with a charset for a coding", { headers: { "content-encoding": "utf-8" } }],
])("a token in an answer %s is read", (_, more) => {
  expect(read({ ...reply(200, { access_token: "t" }), ...more })).toMatchObject({ value: "t" });
});

test("an endpoint that says when to come back is left alone until then", () => {
  const busy = (headers: Record<string, string>): Reply => ({ ...reply(503, ""), headers });
  expect(read(busy({ "retry-after": "90" }))).toMatchObject({ notBefore: NOW + 90_000 });
  expect(read(busy({}))).not.toHaveProperty("notBefore");
});

test("a fault of the token endpoint waits; what the way there refuses, or a shutdown, stays what it is", () => {
  expect(read({ kind: "fault", code: "dns", message: "no such host" })).toMatchObject({
    kind: "unready",
    reason: "auth_unavailable",
    message: expect.stringContaining("dns"),
  });
  expect(read({ kind: "interrupted" })).toEqual({ kind: "interrupted" });
  const problems = [{ field: "url", message: "leads to a private address" }];
  expect(read({ kind: "unsendable", reason: "address_forbidden", problems })).toEqual({
    kind: "unsendable",
    reason: "address_forbidden",
    problems: [{ field: "auth.oauth2.tokenUrl", message: "leads to a private address" }],
  });
});
