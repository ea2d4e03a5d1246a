// What a filter does not take is told when an action is checked, and what it lacks is refused when it is
// saved; what is saved already goes on as it was.

import type { ActionDocument } from "@postrider/shared/action";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { parseAction } from "@postrider/shared/parse-action";
import { describe, expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { compileDraft } from "../compile-draft.ts";
import { checkSnippet } from "../complete-snippets.ts";
import { createDialect } from "../dialect/dialect.ts";
import { CAMPAIGN_FILTERS } from "../dialect/filters/campaign-filters.ts";
import { LIQUIDJS_FILTERS } from "../dialect/filters/liquidjs-filters.ts";
import { takesOf } from "../dialect/filters/takes.ts";
import { findWarnings } from "../warnings.ts";

const customer = { tags: ["x", "y"], items: [{ k: 2 }, { k: 1 }], a: "b", text: "1.55 abcdefgh" };

const toAction = (body: string, more: Partial<ActionDocument> = {}) =>
  parseAction({
    id: "a",
    url: "https://h.example.com/",
    headers: [{ name: "Content-Type", value: "text/plain" }],
    missing: "empty",
    body,
    ...more,
  });

/** As workers do with what is saved. */
function print(body: string): string | null {
  const composed = compileAction(toAction(body)).compose({ id: "d", dueAt: 0 }, { customer });
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request.body;
}

const told = (body: string, more?: Partial<ActionDocument>): Problem[] =>
  findWarnings(compileDraft(toAction(body, more)));

function refused(save: () => unknown): readonly Problem[] {
  try {
    save();
  } catch (error) {
    if (error instanceof PostriderError) return error.problems;
    throw error;
  }
  return [];
}

describe("what a filter does not take is told, and is ignored", () => {
  test.each([
    ["customer.text | truncate: 5, ending: '.'", "1....", "truncate knows no ending:, so \"ending: '.'\" is"],
    ["customer.text | truncate: length: 5", customer.text, "write truncate: length, ending"],
    ["customer.tags | first: 2", "x", 'first takes no argument, so "2" is ignored; leave it out'],
    ["1.5 | ceil: 1", "2", 'ceil takes no argument, so "1" is ignored'],
    ["1.55 | round: precision: 1", "2", "round knows no precision:"],
    ["false | default: 'a', allow_falsy: true", "a", "did you mean allow_false:?"],
    ["'a,b,c' | split: ',', 2 | size", "3", 'split takes no more than separator, so "2" is ignored'],
    ["'a' | upcase: 1", "A", 'upcase takes no argument, so "1" is ignored'],
    ["customer.items | sort: 'k', 'desc' | map: 'k' | join", "1 2", "sort takes no more than attribute"],
    ["customer.a | append: 'x', sep: '-'", "bx", "append knows no sep:, so"],
    ["customer.a | upcase: locale: 'de'", "B", "upcase takes no argument"],
    ["customer.tags | join: '-', customer.none.deep", "x-y", 'so "customer.none.deep" is ignored'],
  ])("{{ %s }} prints %j", (expression, prints, says) => {
    const body = `{{ ${expression} }}`;
    expect(print(body)).toBe(prints);
    expect(told(body)).toEqual([
      {
        field: "body",
        code: "argument_ignored",
        line: 1,
        column: expect.any(Number),
        message: expect.any(String),
      },
    ]);
    expect(told(body)[0]?.message).toContain(says);
  });

  test("at its place, in each tag and in snippets, and in expressions over items", () => {
    const body = [
      "{% assign x = 'a' | upcase: 1 %}",
      "{% if customer.a == 'b' %}{% for i in customer.tags %}{% echo i | upcase: 2 %}{% endfor %}{% endif %}",
      "{{ snippets.s }}",
    ].join("\n");
    const places = told(body, { snippets: { s: "\n{{ customer.a | downcase: 4 }}" } }).map(
      ({ field, line, column }) => [field, line, column],
    );
    expect(places).toEqual([
      ["body", 1, 29],
      ["body", 2, 75],
      ["snippets.s", 2, 27],
    ]);
    expect(told("{{ customer.tags | find_exp: 'i', 'i | upcase: 3' }}")).toMatchObject([
      { line: 1, column: 1, message: expect.stringContaining("upcase takes no argument") },
    ]);
  });

  test("no name is printed with its value as JSON, not even where it stands alone", () => {
    for (const name of FILTERS) {
      const places = Array.from({ length: takesOf(name)?.least ?? 0 }, () => "1").join(", ");
      for (const given of [`nobody: 'knows'`, `${places === "" ? "" : `${places}, `}nobody: 'knows'`]) {
        const composed = compileAction(toAction(`{{ '1' | ${name}: ${given} }}`)).compose(
          { id: "d", dueAt: 0 },
          { customer },
        );
        expect(JSON.stringify(composed)).not.toMatch(/nobody|knows/);
      }
    }
  });

  test("a text that may be a credential is not shown", () => {
    const headers = [{ name: "Authorization", value: "Bearer {{ 'c2VjcmV0' | strip: 'x', 'hush' }}" }];
    const [warning] = findWarnings(compileDraft(toAction("{}", { headers })));
    expect(warning?.code).toBe("argument_ignored");
    expect(JSON.stringify(warning)).not.toContain("hush");
    const [other] = findWarnings(
      compileDraft(toAction("", { auth: { bearer: { token: "{{ 'a' | upcase: 'hush' }}" } } })),
    );
    expect(other).toMatchObject({ field: "auth.bearer.token", code: "argument_ignored" });
    expect(JSON.stringify(other)).not.toContain("hush");
  });
});

describe("what a filter lacks, and what fails each delivery, is refused when it is saved", () => {
  test.each([
    [
      "customer.a | append: 'a', 'b'",
      "append takes one text, and fails with more; write | append: text for each",
    ],
    ["customer.a | prepend", "prepend lacks its text; write prepend: text"],
    ["customer.a | append: text: 'x'", "append lacks its text; write append: text"],
    ["customer.a | slice", "slice lacks its from; write slice: from, length"],
    ["customer.n | divided_by", "divided_by lacks its number"],
    ["customer.n | plus", "plus lacks its number; write plus: number"],
    ["customer.a | split", "split lacks its separator; write split: separator"],
    ["customer.tags | where_exp: 'i'", "where_exp lacks its expression; write where_exp: item, expression"],
    ["customer.at | add_day", "add_day lacks its days; write add_day: days"],
    ["customer.at | timezone", "timezone lacks its zone"],
  ])("{{ %s }}", (expression, says) => {
    const body = `{% if customer.never %}{{ ${expression} }}{% endif %}ok`;
    const [problem] = refused(() => compileDraft(toAction(body)));
    expect(problem).toMatchObject({ field: "body", line: 1, message: expect.stringContaining(says) });
    expect(refused(() => checkSnippet("s", body))[0]?.message).toContain(says);
    // A version that is saved goes on, where the filter is not come to.
    expect(print(body)).toBe("ok");
  });

  test("all of them at once, those of credentials, too", () => {
    const action = toAction("{{ customer.a | append }}{{ customer.a | split }}", {
      auth: { bearer: { token: "{{ 'a' | prepend }}" } },
    });
    expect(refused(() => compileDraft(action)).map(({ field }) => field)).toEqual([
      "body",
      "body",
      "auth.bearer.token",
    ]);
  });
});

test("a filter that there is not, in a cycle: refused when it is saved, and no end of what never asks for it", () => {
  const action = toAction("{% if false %}{% cycle customer.a | nosuch %}{% endif %}ok");

  expect(refused(() => compileDraft(action))).toMatchObject([
    { field: "body", message: expect.stringContaining("undefined filter: nosuch") },
  ]);
  expect(compileAction(action).compose({ id: "d", dueAt: 0 }, { customer })).toMatchObject({
    request: { body: "ok" },
  });
});

const FILTERS = Object.keys(createDialect({ failOnMissing: true }).filters).sort();

describe("the tables know what filters take", () => {
  test.each(FILTERS)("%s: its example has nothing that it ignores or lacks", (name) => {
    const [, template = ""] = LIQUIDJS_FILTERS[name] ?? ["", CAMPAIGN_FILTERS[name]?.example[0]];
    expect(told(template)).toEqual([]);
    const takes = takesOf(name);
    expect(takes?.least).toBeLessThanOrEqual(takes?.places.length ?? -1);
  });

  test("what may be left out comes behind what may not", () => {
    for (const { takes = "" } of Object.values(CAMPAIGN_FILTERS)) expect(takes).not.toMatch(/\?, \w+(?:,|$)/);
  });
});

test.each([
  ["{{ false | default: 'a', allow_false: true }}", "false"],
  ["{{ false | default: allow_false: true, 'a' }}", "false"],
  ["{{ nil | default: allow_false: true }}", ""],
  ["{{ nil | default: 'a', allow_false: true }}", "a"],
  ["{{ false | default: 'a', 'b' }}", "a"],
  ["{{ nil | default }}", ""],
])("%s prints %j, and is saved", (body, prints) => {
  expect(refused(() => compileDraft(toAction(body)))).toEqual([]);
  expect(print(body)).toBe(prints);
});
