import type { ComposedRequest } from "@postrider/compose/request";
import { expect, test } from "vitest";
import type { Reply } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { toNext } from "./redirect.ts";

const follow = (from: ComposedRequest, to: Reply, secretHeaders: readonly string[] = []) =>
  toNext(from, to, { secretHeaders: new Set(secretHeaders), idempotencyHeader: "X-Delivery-Signature" });

const request: ComposedRequest = {
  method: "POST",
  origin: "https://api.example.com",
  path: "/a/b?c=d",
  headers: ["Content-Type", "application/json", "Authorization", "Bearer x"],
  body: "{}",
};

function redirect(location: string | undefined, status = 307): Reply {
  return {
    kind: "reply",
    status,
    headers: location === undefined ? {} : { location },
    body: LazyText.of(""),
    isCut: false,
  };
}

test.each([
  ["/x", "https://api.example.com", "/x"],
  ["x", "https://api.example.com", "/a/x"],
  ["?y=1", "https://api.example.com", "/a/b?y=1"],
  ["//other.example/x", "https://other.example", "/x"],
  ["https://other.example:8443/x#fragment", "https://other.example:8443", "/x"],
  ["https://api.example.com:443/x", "https://api.example.com", "/x"],
])("Location %s leads to %s%s", (location, origin, path) => {
  expect(follow(request, redirect(location))).toMatchObject({ request: { origin, path } });
});

test("from https to http nothing is followed, and the answer stands", () => {
  expect(follow(request, redirect("http://api.example.com/x"))).toBeNull();
  expect(
    follow({ ...request, origin: "http://api.example.com" }, redirect("https://api.example.com/x")),
  ).toMatchObject({
    request: { origin: "https://api.example.com" },
  });
});

test.each([
  "//127.1/x",
  "//2130706433/",
  "https://ⓔxample.com/",
  "/\\evil.example/",
  "https:\\\\evil.example\\",
])("Location %s is refused for its spelling", (location) => {
  expect(follow(request, redirect(location))).toMatchObject({ isForbidden: true });
});

test("the same host under another port or scheme is another origin", () => {
  for (const location of ["https://api.example.com:8443/", "//sub.api.example.com/"])
    expect(follow(request, redirect(location))).toMatchObject({
      request: { headers: ["Content-Type", "application/json"] },
    });
});

test("without a Location, or with a status that does not redirect, the answer stands", () => {
  expect(follow(request, redirect(undefined))).toBeNull();
  for (const status of [200, 300, 304, 305, 306, 404])
    expect(follow(request, redirect("/x", status))).toBeNull();
});

test("what is made of a secret goes to no other origin, however harmless its name", () => {
  const headers = ["User-Agent", "agent s3cret", "Accept", "text/plain", "X-Key", "s3cret"];
  const secrets = ["user-agent", "x-key"];

  expect(follow({ ...request, headers }, redirect("https://other.example/"), secrets)).toMatchObject({
    request: { headers: ["Accept", "text/plain"] },
  });
  expect(follow({ ...request, headers }, redirect("/x"), secrets)).toMatchObject({ request: { headers } });
});

test.each([
  [301, "POST", false],
  [302, "POST", false],
  [303, "PUT", false],
  [307, "POST", true],
  [308, "POST", true],
  [301, "PUT", true],
] as const)("after %i a %s keeps its body and what was signed over it: %s", (status, method, isKept) => {
  const ofBody = [
    ["Content-Type", "application/json"],
    ["webhook-signature", "v1,x"],
    ["X-CIO-Signature", "x"],
    ["X-Hub-Signature-256", "x"],
    ["Digest", "x"],
    ["Repr-Digest", "x"],
  ].flat();
  const headers = [...ofBody, "webhook-id", "d", "Accept", "text/plain"];

  expect(follow({ ...request, method, headers }, redirect("/x", status))).toMatchObject({
    request: { body: isKept ? "{}" : null, headers: isKept ? headers : headers.slice(ofBody.length) },
  });
});

test("the delivery's key goes along to another origin under the name that the action gives it, unless it is made of a secret", () => {
  const sent = { ...request, headers: ["X-Delivery-Signature", "d1", "Webhook-Id", "d1", "X-Other", "o"] };
  const names = (secretHeaders: readonly string[], status: number) => {
    const next = follow(sent, redirect("https://other.example/x", status), secretHeaders);
    return next !== null && "request" in next ? next.request.headers : next;
  };

  expect(names([], 307)).toEqual(["X-Delivery-Signature", "d1", "Webhook-Id", "d1"]);
  // It speaks of the delivery, not of the body.
  expect(names([], 303)).toEqual(["X-Delivery-Signature", "d1", "Webhook-Id", "d1"]);
  expect(names(["x-delivery-signature"], 307)).toEqual(["Webhook-Id", "d1"]);
});
