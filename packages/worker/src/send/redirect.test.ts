import type { ComposedRequest } from "@postrider/compose/request";
import { expect, test } from "vitest";
import type { Reply } from "../attempt.ts";
import { toNext } from "./redirect.ts";

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
    body: "",
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
  expect(toNext(request, redirect(location))).toMatchObject({ request: { origin, path } });
});

test("from https to http nothing is followed, and the answer stands", () => {
  expect(toNext(request, redirect("http://api.example.com/x"))).toBeNull();
  expect(
    toNext({ ...request, origin: "http://api.example.com" }, redirect("https://api.example.com/x")),
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
  expect(toNext(request, redirect(location))).toMatchObject({ isForbidden: true });
});

test("the same host under another port or scheme is another origin", () => {
  for (const location of ["https://api.example.com:8443/", "//sub.api.example.com/"])
    expect(toNext(request, redirect(location))).toMatchObject({
      request: { headers: ["Content-Type", "application/json"] },
    });
});

test("without a Location, or with a status that does not redirect, the answer stands", () => {
  expect(toNext(request, redirect(undefined))).toBeNull();
  for (const status of [200, 300, 304, 305, 306, 404])
    expect(toNext(request, redirect("/x", status))).toBeNull();
});
