import { expect, test } from "vitest";
import { parseActionRef } from "./action-ref.ts";
import { hasCode } from "./errors.ts";
import { parseAction, parseStoredAction } from "./parse-action.ts";

const good = { id: "a", url: "https://h/" };

function problemsOf(document: unknown): string[] {
  try {
    parseAction(document);
    return [];
  } catch (error) {
    expect(hasCode(error, "action_invalid")).toBe(true);
    return (error as { problems: { field: string }[] }).problems.map(({ field }) => field);
  }
}

test("defaults are filled in", () => {
  expect(parseAction(good)).toEqual({
    id: "a",
    url: "https://h/",
    method: "POST",
    headers: [],
    escaping: "auto",
    missing: "fail",
    timeoutMs: 16_000,
    connectTimeoutMs: 3_000,
    secrets: [],
    secretsInBody: false,
    idempotencyHeader: "Idempotency-Key",
    redirects: 0,
    retry: "campaign",
  });
});

test("every problem is named with its field, all at once", () => {
  expect(problemsOf({ id: "A!", url: "", method: "HEAD", timeoutMs: 1, bodyy: "x" }).sort()).toEqual([
    "bodyy",
    "id",
    "method",
    "timeoutMs",
    "url",
  ]);
  expect(
    problemsOf({
      ...good,
      headers: [
        { name: "ok", value: "" },
        { name: "bad name", value: "" },
      ],
    }),
  ).toEqual(["headers[1].name"]);
  expect(problemsOf({ ...good, body: "{}", form: [{ name: "a", value: "b" }] })).toEqual(["form"]);
  expect(problemsOf({ ...good, retry: "often" })).toEqual(["retry"]);
  expect(problemsOf(null)).toEqual([""]);
});

test("a rule of success is one condition on one place, or a list of such rules", () => {
  const rule = { json: "/ok", is: true };
  expect(parseAction({ ...good, success: rule }).success).toEqual({ ...rule, otherwise: 422 });
  expect(
    parseAction({ ...good, success: [rule, { json: "", exists: true, otherwise: 503 }] }).success,
  ).toHaveLength(2);
  for (const success of [
    true,
    [],
    { json: "/ok" },
    { ...rule, isNot: false },
    { ...rule, json: "ok" },
    { ...rule, json: "/~2" },
    { ...rule, is: {} },
    { ...rule, otherwise: 200 },
    { ...rule, otherwise: 302 },
    { ...rule, otherwise: 600 },
    { ...rule, other: 1 },
  ])
    expect(problemsOf({ ...good, success }), JSON.stringify(success)).toEqual([
      expect.stringMatching(/^success\b/),
    ]);
});

test.each([
  ["Host", "set by Postrider itself"],
  ["content-length", "set by Postrider itself"],
  ["Expect", "set by Postrider itself"],
  ["Idempotency-Key", "is written by idempotencyHeader"],
  ["Transfer-Encoding", "belongs to the connection"],
  ["Connection", "belongs to the connection"],
  ["Keep-Alive", "belongs to the connection"],
  ["Upgrade", "belongs to the connection"],
  ["TE", "belongs to the connection"],
  ["Trailer", "belongs to the connection"],
  ["HTTP2-Settings", "belongs to the connection"],
  ["Proxy-Authorization", "for proxies"],
  ["Proxy-Connection", "for proxies"],
  ["Proxy-Anything", "for proxies"],
  ["Forwarded", "for proxies"],
  ["Via", "for proxies"],
  ["X-Real-IP", "for proxies"],
  ["Proxy", "for proxies"],
  ["X-Forwarded", "for proxies"],
  ["True-Client-IP", "for proxies"],
  ["CF-Connecting-IP", "for proxies"],
  ["X-Client-IP", "for proxies"],
  ["X-Cluster-Client-IP", "for proxies"],
  ["X-Envoy-Original-Path", "for proxies"],
  ["x-envoy-external-address", "for proxies"],
  ["X-Original-URL", "another path"],
  ["X-Rewrite-URL", "another path"],
  ["Transfer_Encoding", "belongs to the connection"],
  ["Content_Length", "Postrider itself"],
  ["X_Forwarded_For", "for proxies"],
  ["X-Forwarded_Host", "for proxies"],
  ["X_Aws_Ec2_Metadata_Token", "metadata"],
  ["X-Forwarded-For", "for proxies"],
  ["x-forwarded-host", "for proxies"],
  ["Metadata-Flavor", "metadata services"],
  ["Metadata", "metadata services"],
  ["X-Google-Metadata-Request", "metadata services"],
  ["X-Metadata-Token", "metadata services"],
  ["X-aws-ec2-metadata-token", "metadata services"],
  ["X-aws-ec2-metadata-token-ttl-seconds", "metadata services"],
  ["X-aliyun-ecs-metadata-token", "metadata services"],
  ["Accept-Encoding", "never unpacked"],
])("the header %s cannot be set, and the message says why", (name, reason) => {
  expect(problemsOf({ ...good, headers: [{ name, value: "x" }] })).toEqual(["headers[0].name"]);
  expect(() => parseAction({ ...good, headers: [{ name, value: "x" }] })).toThrow(reason);
});

test.each(["Authorization", "Cookie", "X-Api-Key", "X-Metadata", "Forwarded-Id", "Accept"])(
  "the header %s can be set",
  (name) => {
    expect(problemsOf({ ...good, headers: [{ name, value: "x" }] })).toEqual([]);
  },
);

test("a header that auth, signing or the delivery's id writes cannot be given beside it", () => {
  const named = (name: string) => ({ headers: [{ name, value: "x" }] });
  const auth = { bearer: { token: "t" } };
  const standard = { scheme: "standard-webhooks", secrets: ["s"] };
  const customerio = { scheme: "customerio", secrets: ["s"] };

  expect(problemsOf({ ...good, auth, ...named("authorization") })).toEqual(["headers[0].name"]);
  expect(problemsOf({ ...good, signing: standard, ...named("Webhook-Id") })).toEqual(["headers[0].name"]);
  expect(problemsOf({ ...good, signing: customerio, ...named("x-cio-timestamp") })).toEqual([
    "headers[0].name",
  ]);
  expect(problemsOf({ ...good, idempotencyHeader: "X-Id", ...named("x-id") })).toEqual(["headers[0].name"]);
  expect(problemsOf({ ...good, auth, url: "https://u:p@h/" })).toEqual(["url"]);
  expect(problemsOf({ ...good, url: "https://u:p@h/", ...named("Authorization") })).toEqual([
    "headers[0].name",
  ]);
  expect(problemsOf({ ...good, idempotencyHeader: "Content-Type" })).toEqual(["idempotencyHeader"]);
  expect(problemsOf({ ...good, idempotencyHeader: "Host" })).toEqual(["idempotencyHeader"]);
  expect(problemsOf({ ...good, idempotencyHeader: "X-CIO-Signature", signing: customerio })).toEqual([
    "idempotencyHeader",
  ]);
  expect(problemsOf({ ...good, idempotencyHeader: "webhook-id", signing: standard })).toEqual([]);
});

test("a header that is given twice, in whatever letters, is refused when the action is saved", () => {
  const headers = [
    { name: "Content-Type", value: "json" },
    { name: "X-Tag", value: "a" },
    { name: "content-type", value: "json" },
  ];
  expect(problemsOf({ ...good, headers })).toEqual(["headers[2].name"]);
  expect(() => parseAction({ ...good, headers })).toThrow("repeats headers[0]");
  expect(problemsOf({ ...good, headers: [...headers.slice(1), { name: "x-TAG", value: "b" }] })).toEqual([
    "headers[2].name",
  ]);
  // A version that was saved before goes on being sent.
  expect(parseStoredAction({ ...good, headers })).toMatchObject({ headers });
});

test("auth is one way, and problems name its fields", () => {
  expect(problemsOf({ ...good, auth: {} })).toEqual(["auth"]);
  expect(
    problemsOf({ ...good, auth: { bearer: { token: "t" }, basic: { username: "u", password: "p" } } }),
  ).toEqual(["auth"]);
  expect(problemsOf({ ...good, auth: { basic: { username: "u" } } })).toEqual(["auth.basic.password"]);
  expect(problemsOf({ ...good, signing: { scheme: "customerio", secrets: ["a", "b"] } })).toEqual([
    "signing.secrets",
  ]);
  expect(problemsOf({ ...good, signing: { scheme: "none", secrets: [] } }).sort()).toEqual([
    "signing.scheme",
    "signing.secrets",
  ]);
  expect(problemsOf({ ...good, secrets: ["9a"] })).toEqual(["secrets[0]"]);
  expect(problemsOf({ ...good, secretsInBody: true, redirects: 1 })).toEqual(["redirects"]);
  const headers = [{ name: "Authorization", value: "Bearer abc" }];
  expect(problemsOf({ ...good, examples: [{ customer: { id: 1 }, request: { headers } }] })).toEqual([
    "examples[0].request.headers[0].value",
  ]);
});

test("where an action may send is checked when it is saved", () => {
  const egress = {
    allowNetworks: ["10.0.0.0/8", "::1"],
    denyNetworks: ["10.1.0.0/16"],
    allowHosts: ["api.example.com", "*.example.org"],
    allowPorts: ["443", "8000-8999"],
    httpsOnly: true,
  };
  expect(problemsOf({ ...good, egress, redirects: 5 })).toEqual([]);
  expect(
    problemsOf({
      ...good,
      redirects: 6,
      egress: {
        allowNetworks: ["10.0.0.1/8"],
        denyNetworks: ["x"],
        allowHosts: ["*", "https://h", "a.*"],
        allowPorts: ["0", "9-8", "70000"],
        proxy: "x",
      },
    }).sort(),
  ).toEqual([
    "egress.allowHosts[0]",
    "egress.allowHosts[1]",
    "egress.allowHosts[2]",
    "egress.allowNetworks[0]",
    "egress.allowPorts[0]",
    "egress.allowPorts[1]",
    "egress.allowPorts[2]",
    "egress.denyNetworks[0]",
    "egress.proxy",
    "redirects",
  ]);
});

test.each<[string, unknown]>([
  ["a", { id: "a" }],
  ["a@3", { id: "a", version: 3 }],
  ["a@0", null],
  ["a@", null],
  ["a@1@2", null],
  ["A", null],
  ["", null],
])("%j refers to %j", (text, parsed) => {
  expect(parseActionRef(text)).toEqual(parsed);
});
