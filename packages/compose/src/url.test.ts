// The URL's rules as tables, and what no value can do to it.

import { parseAction } from "@postrider/shared/parse-action";
import { USER_AGENT } from "@postrider/shared/version";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileAction } from "./compile.ts";
import { parseUrl } from "./url.ts";

/**
 * Example names and documentation addresses (RFC 2606, 5737, 3849), written as people write, paste and
 * mistype them. What is guarded against are spellings of loopback, private and metadata addresses, and texts
 * in which two readers see different hosts: what holds for a harmless host holds for those, since no spelling
 * is taken but the one in which the URL standard writes the host.
 */
const ODD = [
  "http://192.0.2.01/",
  "http://192.0.2.1./",
  "http://192.0.2/",
  "http://192。0。2。1/",
  "http://１９２.0.2.1/",
  "http://[2001:0db8::1]/",
  "http://[2001:db8:0:0:0:0:0:1]/",
  "http://example.com./",
  "http://ex%61mple.com/",
  "http://example%2ecom/",
  "http://ｅｘａｍｐｌｅ.com/",
  "http://example。com/",
  "http://ⓔxample.com/",
  "http://exa\u00admple.com/",
  "http://exa\u200bmple.com/",
  "http://user@example.com./",
  "http:/example.com/",
  "http:example.com/",
  "http:///example.com/",
  "http:\\\\example.com\\",
  "http://exam\tple.com/",
  "http://exam\nple.com/",
  "ht\ntp://example.com/",
  "http://example.com\t/x",
  "http://{shop}.example.com/",
  "http://$shop.example.com/",
];

test.each(ODD)("%j is refused for its spelling", (url) => {
  expect(parseUrl(url)).toMatchObject({ reason: "address_forbidden", problem: expect.any(String) });
});

test.each([
  ["http://127.0.0.1/", "http://127.0.0.1"],
  ["http://[::1]/", "http://[::1]"],
  ["http://[2606:4700::1111]:8080/x", "http://[2606:4700::1111]:8080"],
  ["https://API.Example.COM/x", "https://api.example.com"],
  ["HTTPS://api.example.com", "https://api.example.com"],
  ["https://api.example.com:443/x", "https://api.example.com"],
  ["https://api.example.com?x=1", "https://api.example.com"],
  ["https://api.example.com#x", "https://api.example.com"],
  ["  https://api.example.com/x\n", "https://api.example.com"],
  ["https://api_1.example.com/", "https://api_1.example.com"],
  ["https://me@example.com:secret@api.example.com/", "https://api.example.com"],
  ["https://bücher.example/", "https://xn--bcher-kva.example"],
  ["https://xn--bcher-kva.example/", "https://xn--bcher-kva.example"],
  ["https://例え.テスト/", "https://xn--r8jz45g.xn--zckzah"],
  ["https://api.example.com/a\\b", "https://api.example.com"],
])("%j goes to %s", (url, origin) => {
  expect(parseUrl(url)).toMatchObject({ origin });
});

test.each([
  "ftp://h/",
  "file:///x.txt",
  "gopher://h/",
  "mailto:x@example.com",
  "data:,x",
  "ws://h/",
  "unix:/x",
  "//h/",
  "h",
  "",
])("%j is not sent", (url) => {
  expect(parseUrl(url)).toMatchObject({ reason: "url_invalid" });
});

/**
 * One dot, which leads nowhere else, wherever the spelling is what matters: two in it would be judged by the
 * same rule.
 */
const DOTS = ["..", ".", "%2e", "%2E", ".\t", "%2\ne", "\r."];

test.each(
  DOTS.flatMap((dots) => [
    `https://h/a/${dots}/b`,
    `https://h/a\\${dots}\\b`,
    `https://h/a/${dots}\\b`,
    `https://h/a\\${dots}`,
    `https://h/a/${dots}?q`,
    `https://h/a/${dots}\t?q`,
    `https://h/a/${dots}#f`,
    `https://h/a/${dots} `,
    `https://h/a/${dots}\n`,
    `https://h/a/${dots}\u0001`,
    `https://h\\${dots}\\b`,
  ]),
)("%j is refused for its dot segment", (url) => {
  expect(parseUrl(url)).toMatchObject({
    reason: "url_invalid",
    problem: expect.stringContaining("another path"),
  });
});

test("a value behind raw cannot leave the template's folder", () => {
  for (const v of ["../other", "..\\other", "x/../other", ".\t/other", ".\r\n", ".."])
    expect(compose("https://api.example.com/a/b/{{ customer.v | raw }}", { v })).toMatchObject({
      kind: "problem",
      reason: "url_invalid",
    });
});

test.each([
  "https://h/a?x=/../y",
  "https://h/a?x=\\..\\y",
  "https://h/a#/../y",
  "https://h/...",
  "https://h/a..b/.c/d.",
])("%j has no dot segment", (url) => {
  expect(parseUrl(url)).toMatchObject({ origin: "https://h" });
});

test("what is too long to be taken anywhere is not sent, however it is counted", () => {
  expect(parseUrl(`https://h/${"x".repeat(7_990)}`)).toMatchObject({ origin: "https://h" });
  for (const text of ["x".repeat(8_000), "é".repeat(2_000), "☃".repeat(1_000)])
    expect(parseUrl(`https://h/${text}`)).toMatchObject({
      reason: "url_invalid",
      problem: /longer than 8000/,
    });
});

function compose(url: string, customer: Record<string, unknown>, escaping: "auto" | "none" = "auto") {
  const action = parseAction({ id: "a", url, method: "GET", escaping, missing: "empty" });
  return compileAction(action).compose({ id: "d", dueAt: 0 }, { customer });
}

describe("credentials", () => {
  test.each([
    ["api:100% sure", "api:100% sure"],
    ["api:50%-£", "api:50%-£"],
    ["api:50%25-£", "api:50%-£"],
    ["api:50%2", "api:50%2"],
    ["api:%", "api:%"],
    ["a%zz:%E4 b%c3", "a%zz:%E4 b%c3"],
    ["api:%C3%A9%20%f0%9f%92%a5", "api:é 💥"],
    ["api:%c0%80 é", "api:%c0%80 é"],
    ["a%40b:p%3Aq", "a@b:p:q"],
  ])("%s are sent as %s", (userInfo, credential) => {
    expect(parseUrl(`https://${userInfo}@api.example.com/`)).toMatchObject({
      authorization: `Basic ${Buffer.from(credential).toString("base64")}`,
    });
  });

  test.each([
    ["{{ customer.v | raw }}", "https://user:pass@api.example.com/"],
    ["https://{{ customer.v | raw }}/x", "user:pass@api.example.com"],
    ["https://{{ customer.v | raw }}api.example.com/x", "user@"],
  ])("that a value brings into %j are refused", (url, v) => {
    expect(compose(url, { v })).toMatchObject({ kind: "problem", reason: "address_forbidden" });
  });

  test.each([
    ["https://user:{{ customer.v }}@api.example.com/", "a/b@c:d"],
    ["https://{{ customer.v }}@api.example.com/", "who"],
    ["https://{% if customer.v %}user:pass@{% endif %}api.example.com/", "x"],
  ])("for which %j has a place are sent", (url, v) => {
    expect(compose(url, { v })).toMatchObject({ request: { origin: "https://api.example.com" } });
  });

  test("are found behind whatever opens and never closes", () => {
    // A search that went from each opening to the end would take minutes.
    const template = `${"{{".repeat(100_000)}@`;

    expect(parseUrl("https://user:pass@api.example.com/", template)).toMatchObject({
      reason: "address_forbidden",
    });
  });

  test("an @ in path or query is none", () => {
    expect(
      compose("https://api.example.com/{{ customer.v }}?m={{ customer.v }}", { v: "a@b" }),
    ).toMatchObject({
      request: {
        origin: "https://api.example.com",
        headers: ["User-Agent", USER_AGENT, "Idempotency-Key", "d"],
      },
    });
  });
});

/** Text with what URLs and headers are made of in it, far more often than chance would have it. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "/",
        "\\",
        "@",
        ":",
        "?",
        "#",
        ".",
        "..",
        "%",
        "%2e",
        "%40",
        "[",
        "]",
        "\r\n",
        "\t",
        "\0",
        " ",
        "//",
        "http://",
      ),
      fc.constantFrom("other.example", "192.0.2.1", "０", "。", "xn--", "é", "\u200b", "\ud800", "{{", "%}"),
      fc.string({ maxLength: 5, unit: "binary" }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(""));

describe("no value moves the request", () => {
  test("to another host, port or scheme, gives it credentials, or adds a line to it", () => {
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const composed = compose("https://api.example.com:8443/p/{{ customer.a }}/x?q={{ customer.b }}", {
          a,
          b,
        });
        if (composed.kind !== "request") return;
        const { origin, path, headers } = composed.request;
        expect(origin).toBe("https://api.example.com:8443");
        expect(path).toMatch(/^\/p\/[^/?#\s]*\/x\?q=[^#\s]*$/);
        expect(path).toMatch(/^[\x21-\x7e]+$/);
        expect(headers).toEqual(["User-Agent", USER_AGENT, "Idempotency-Key", "d"]);
      }),
      { numRuns: 1_000 },
    );
  });

  test("out of the domain that the template names, whatever stands for one label of it", () => {
    fc.assert(
      fc.property(hostile, (shop) => {
        const composed = compose("https://{{ customer.shop }}.example.com/x", { shop });
        if (composed.kind === "request")
          expect(composed.request.origin).toMatch(/^https:\/\/[a-z0-9_-]+\.example\.com$/);
      }),
      { numRuns: 1_000 },
    );
  });

  test("without escaping, what is sent is still one request to one plainly written host without credentials", () => {
    fc.assert(
      fc.property(hostile, (v) => {
        const composed = compose("https://api.example.com{{ customer.v }}", { v }, "none");
        if (composed.kind !== "request") return;
        const { origin, path, headers } = composed.request;
        expect(origin).toMatch(/^https:\/\/[a-z0-9._:-]+$/);
        expect(path).toMatch(/^\/[\x21-\x7e]*$/);
        expect(headers).toEqual(["User-Agent", USER_AGENT, "Idempotency-Key", "d"]);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("header values", () => {
  const composeHeader = (v: string) =>
    compileAction(
      parseAction({ id: "a", url: "https://h/", headers: [{ name: "X-V", value: "<{{ customer.v }}>" }] }),
    ).compose({ id: "d", dueAt: 0 }, { customer: { v } });

  test.each(
    Array.from({ length: 32 }, (_, code) => code)
      .filter((code) => code !== 9)
      .concat(127),
  )("with the control character %i are refused", (code) => {
    const shown = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    expect(composeHeader(`a${String.fromCharCode(code)}b`)).toMatchObject({
      reason: "header_invalid",
      problems: [{ field: "headers[0].value", message: expect.stringContaining(shown) }],
    });
  });

  test("either stand in the request as they are, alone, or fail the delivery", () => {
    fc.assert(
      fc.property(hostile, (v) => {
        const composed = composeHeader(v);
        if (composed.kind === "request")
          expect(composed.request.headers.slice(2)).toEqual(["X-V", `<${v}>`, "Idempotency-Key", "d"]);
        else expect(composed).toMatchObject({ reason: "header_invalid" });
      }),
      { numRuns: 1_000 },
    );
  });
});
