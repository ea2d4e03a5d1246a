// Each slip is answered with the operator that is meant, and none is taken for a shorter one that it begins
// with.

import { parseAction } from "@postrider/shared/parse-action";
import { expect, test } from "vitest";
import { compileAction } from "../compile.ts";
import { adviseOn } from "./advice.ts";

const SLIPS: readonly (readonly [instead: string, slips: string])[] = [
  [">=", "=> gte ≥ !<"],
  ["<=", "=< lte ≤ !>"],
  [">", "gt"],
  ["<", "lt"],
  ["!=", "=! !== ==! ≠ ne neq isnt"],
  ["==", "= === is eq equals IS"],
  ["contains", "=~ CONTAINS includes in"],
  ["and", "&& & &amp; AND"],
  ["or", "|| OR"],
  ["not", "! NOT"],
  ["it without parentheses", "("],
  ["> itself", "&gt; &gt;="],
  ["< itself", "&lt; &lt;="],
  ["straight quotes", "&quot; &#39; &apos; &ldquo; “"],
  ["{% if %} and {% else %}", "?"],
  ["the filter plus: or append:", "+"],
  ["the filter minus:", "-"],
  ["the filter times:", "*"],
  ["the filter divided_by:", "/"],
  ["the filter modulo:", "%"],
];

const PHRASES: readonly (readonly [instead: string, slip: string])[] = [
  [">=", "is greater than or equal"],
  ["<=", "less than or equal"],
  [">", "is greater than"],
  [">", "more than"],
  ["<", "is less than"],
  ["!=", "is not"],
  ["not … contains", "NOT CONTAINS"],
  ["not … contains", "does not contain"],
  ["not … contains", "!contains"],
];

const ALL = [
  ...SLIPS.flatMap(([instead, slips]) => slips.split(" ").map((slip) => [slip, instead] as const)),
  ...PHRASES.map(([instead, slip]) => [slip, instead] as const),
];

/** `<=` is no answer where `<` is meant. */
const startsWith = (instead: string) =>
  /^[<>=!]+$/.test(instead) || /^\w+$/.test(instead)
    ? new RegExp(`; write ${instead}(?: in a condition.*)?$`)
    : instead;

test.each(ALL)("%s: write %s", (slip, instead) => {
  expect(adviseOn(`${slip} 3`)).toMatch(startsWith(instead));
});

test.each(ALL)("%s in a condition is refused, with %s", (slip, instead) => {
  const body = `{% if customer.a ${slip} 3 %}x{% endif %}`;
  const headers = [{ name: "Content-Type", value: "text/plain" }];
  const save = () => compileAction(parseAction({ id: "a", url: "https://h.example.com/", headers, body }));
  expect(save).toThrow(startsWith(instead));
});

test.each(["=>3", "=<3", "=!3", "=3", "=='3'"])("%s without a space between", (slip) => {
  const instead = { "=>3": ">=", "=<3": "<=", "=!3": "!=", "=3": "==", "=='3'": "==" }[slip];
  expect(adviseOn(slip)).toBe(`; write ${instead}`);
});

test.each([
  `{{\${plan}}}`,
  `{{ \${plan} | default: 'x' }}`,
  `{{custom_attribute.\${plan}}}`,
  `{{ event_properties.\${plan} | upcase }}`,
  `{% if \${plan} == 'a' %}x{% endif %}`,
  `{% if {{\${plan}}} == 'a' %}x{% endif %}`,
  `{% assign x = \${plan} %}`,
  `{% for one in custom_attribute.\${plan} %}x{% endfor %}`,
])("%s, as Braze has it, is refused with what to write", (body) => {
  const save = () => compileAction(parseAction({ id: "a", url: "https://h.example.com/", body }));
  expect(save).toThrow(
    `; write customer.name in place of \${name} and custom_attribute.\${name}, and event.name in place of event_properties.\${name}`,
  );
});
