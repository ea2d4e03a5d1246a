// What cuts a pair of a form short, and signs in pairs that a receiver reads as others.

import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "./compile.ts";
import { findWarnings } from "./warnings.ts";

function warn(document: Partial<ActionDocument>) {
  return findWarnings(compileAction(parseAction({ id: "a", url: "https://h/x", ...document })));
}

function ofForm(body: string, escaping: "auto" | "none" = "auto"): (string | undefined)[] {
  const headers = [{ name: "Content-Type", value: "x-www-form-urlencoded" }];
  return warn({ headers, body, escaping }).map(({ code }) => code);
}

function ofUrl(query: string): (string | undefined)[] {
  return warn({ url: `https://h/x${query}` }).map(({ code }) => code);
}

describe("a piece without = in a form is told", () => {
  test.each([
    "to={{ customer.phone }}\nbody=Dear {{ customer.name }},\nyour order has left us.\n",
    "to=1&body=Tom & {{ customer.name }}",
    "to=1&body=Tom&Jerry",
    "to=1\n\nThanks\nyours",
    "{{ customer.name }}: hello",
    "{% assign n = 1 %}to={{ n }}{% comment %}x{% endcomment %}&rest",
    "{% if customer.a %}to=1&b=Tom\n& Jerry\n{% endif %}",
  ])("%j", (body) => {
    expect(ofForm(body)).toEqual(["parameter_alone"]);
  });

  test("at its place, with what to write", () => {
    const headers = [{ name: "Content-Type", value: "x-www-form-urlencoded" }];
    expect(warn({ headers, body: "a={{ customer.a }}\nb=Dear {{ customer.b }},\n  your order" })).toEqual([
      expect.objectContaining({
        field: "body",
        line: 3,
        column: 3,
        message: expect.stringMatching(/use form:.*%0A.*%26/),
      }),
    ]);
    expect(warn({ headers, body: "a=1\nb=2\n and more" })).toEqual([
      expect.objectContaining({ field: "body", line: 3, column: 2 }),
    ]);
  });

  test.each([
    "a={{ customer.a }}\nb=two words\n\n&c=3&",
    "{% for t in customer.tags %}tag={{ t }}&{% endfor %}",
    "{% for t in customer.tags %}{{ t.name }}={{ t.value }}{% unless forloop.last %}&{% endunless %}{% endfor %}",
    "a=1{% if customer.b %}&b={{ customer.b }}{% endif %}&c=",
    "a=1&{{ customer.rest | raw }}",
    "{{ customer.rest }}",
    "a{% if customer.b %}[]{% endif %}=1",
    "{% capture x %}one\ntwo{% endcapture %}a={{ x }}",
  ])("of %j nothing", (body) => {
    expect(ofForm(body)).toEqual([]);
  });

  test("where nothing is escaped a value may hold the name", () => {
    expect(ofForm("{{ customer.pairs }}x", "none")).toEqual([]);
    expect(ofForm("a=1\nTom", "none")).toEqual(["parameter_alone"]);
  });
});

describe("a + that cannot be meant as a space is told", () => {
  test.each([
    "From=+15551234",
    "To=+{{ customer.phone }}",
    "To=1&at=12:00:00+02:00",
    "at={{ customer.t }}+02:00",
    "to=bob+news@h.example.com",
    "t=1 + {{ customer.n }}",
  ])("%s", (pairs) => {
    expect(ofForm(pairs)).toEqual(["plus_is_space"]);
    expect(ofUrl(`?${pairs}`)).toEqual(["plus_is_space"]);
  });

  test.each(["t=Hello+world", "t=two+words%21 x", "t=%2B1", "t={{ customer.a }}+{{ customer.b }}", "a+b=1"])(
    "of %s nothing",
    (pairs) => {
      expect(ofForm(pairs)).toEqual([]);
      expect(ofUrl(`?${pairs}`)).toEqual([]);
    },
  );

  test("in a path it is a plus sign", () => {
    expect(ofUrl("/+1{{ customer.a }}#a=+1")).toEqual([]);
    expect(ofUrl("/+1?a=b#c=+1")).toEqual([]);
  });
});

test("a % that encodes nothing is told in forms as in URLs", () => {
  expect(ofForm("off=100%&a={{ customer.a }}")).toEqual(["percent_alone"]);
  expect(ofForm("off=100%")).toEqual(["percent_alone"]);
  expect(ofForm("off=100%25&a={{ customer.a }}%20b")).toEqual([]);
});
