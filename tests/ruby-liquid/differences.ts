// Where Postrider differs from Ruby's Liquid on purpose, and why: what docs/dialect.md says of it. Each rule
// covers differences of the comparison's table, as few as it can tell; one that covers none is dead, and the
// test says so.

import { print } from "@postrider/compose/escape/print";
import { parseExact } from "@postrider/shared/exact-json";
import type { Printed } from "./printed.ts";

/** One place of the table where the two are not the same. */
export interface Found {
  readonly template: string;
  /** JSON of the value; null where there is none. */
  readonly value: string | null;
  /** What Ruby prints where objects, lists and numbers print as JSON. */
  readonly ruby: Printed;
  readonly ours: Printed;
  /** The same for another value of the row, given as JSON. */
  readonly asJsonOf: (value: string) => Printed | undefined;
}

export interface Difference {
  /** What Postrider does, and why. */
  readonly because: string;
  /**
   * A template, what Ruby prints of it, and what Postrider does; `fails` where it fails. The comparison tries
   * them.
   */
  readonly example: readonly [template: string, ruby: string, ours: string];
  readonly covers: (found: Found) => boolean;
}

const failed = (printed: Printed | undefined): boolean => typeof printed === "object";
const isSame = (one: Printed | undefined, other: Printed): boolean =>
  one === other || (failed(one) && failed(other));
const meant = ({ value }: Found): unknown => (value === null ? null : parseExact(value));
const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value's items, as filters of lists see them. */
function itemsOf(found: Found): unknown[] {
  const value = meant(found);
  return Array.isArray(value) ? value.flat(9) : [value];
}

function isNearly(one: Printed | undefined, other: Printed, by: number): boolean {
  const [a, b] = [one, other].map((printed) =>
    printed === "" || failed(printed) ? Number.NaN : Number(printed),
  );
  return Math.abs((a ?? 0) - (b ?? 0)) <= by;
}

/**
 * Texts that are numbers, of which Ruby reads no more than the first digits, and the same numbers as JSON.
 */
const NUMBERS: Readonly<Record<string, string>> = {
  '"+5.5"': "5.5",
  '"1e3"': "1000",
  '"1.5e3"': "1500",
  '".5"': "0.5",
};

/** What ActiveSupport calls blank: Ruby alone knows nothing of it. */
function isBlank(value: unknown): boolean {
  if (typeof value === "string") return value.trim() === "";
  return value === null || value === false || (typeof value === "object" && Object.keys(value).length === 0);
}

/** What comes of a condition that compares a text with a number; nothing for any other. */
function compareMixed(found: Found): string | undefined {
  const [, left = "", sign = "", right = ""] = /^{% if (\S+) ([<>]=?) (\S+) %}t/.exec(found.template) ?? [];
  const operands = [left, right].map((operand) => {
    if (operand === "customer.v") return meant(found);
    return operand.startsWith("'") ? operand.slice(1, -1) : Number(operand);
  });
  if (operands.filter((operand) => typeof operand === "string").length !== 1) return undefined;
  const [a = 0, b = 0] = operands.map((operand) =>
    print(operand).trim() === "" ? Number.NaN : Number(operand),
  );
  const isTrue = { "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b }[sign];
  return isTrue === true ? "t" : "f";
}

/** How the templates begin whose filters are given more than they take. */
const IGNORED = "{% comment %}more{% endcomment %}";

export const DIFFERENCES: readonly Difference[] = [
  {
    because:
      "Objects and lists are JSON wherever they are printed or become text, and numbers are as JSON has them: that is what APIs read.",
    example: ["{{ 2.5 | times: 2 }} {{ 'a,b' | split: ',' }}", "5.0 ab", '5 ["a","b"]'],
    covers: ({ ruby, ours }) => isSame(ruby, ours) || (/e\+/.test(String(ours)) && isNearly(ruby, ours, 0)),
  },
  {
    because: "A range is the list of its integers, also where it is printed.",
    example: ["{{ (1..3) }}", "1..3", "[1,2,3]"],
    covers: () => false,
  },
  {
    because:
      "`divided_by` gives the quotient, as the campaign tools do; Ruby rounds that of two integers down.",
    example: ["{{ 7 | divided_by: 2 }}", "3", "3.5"],
    covers: ({ template, ruby, ours }) =>
      template.includes("divided_by") && /^-?\d+$/.test(String(ruby)) && isNearly(ruby, ours, 1),
  },
  {
    because: "A division by zero fails, also of a decimal: nobody means to send Infinity.",
    example: ["{{ 1.5 | divided_by: 0 }}", "Infinity", "fails"],
    covers: ({ template, ruby, ours }) =>
      template.includes("divided_by") && /^(?:-?Infinity|NaN)$/.test(String(ruby)) && failed(ours),
  },
  {
    because:
      "Text that is a number counts as that number: with a sign, an exponent, or nothing before its point, too.",
    example: ["{{ '1e3' | plus: 1 }}", "2", "1001"],
    covers: ({ template, value, ours, asJsonOf }) => {
      const ruby = asJsonOf(NUMBERS[value ?? ""] ?? "");
      return isSame(ruby, ours) || (template.includes("divided_by") && isNearly(ruby, ours, 1));
    },
  },
  {
    because: "A number has no size; Ruby tells the bytes that it takes in memory.",
    example: ["{{ 7 | size }}", "8", "0"],
    covers: (found) =>
      /\bsize\b/.test(found.template) &&
      /^-?\d+$/.test(found.value ?? "") &&
      (found.ruby === "8" ? found.ours === "" || found.ours === "0" : found.ours === "f"),
  },
  {
    because: "`first` and `last` of a text are its first and its last character, as Rails has it.",
    example: ["{{ 'abc' | first }}", "", "a"],
    covers: (found) => {
      const value = meant(found);
      const end = /\| (first|last) (?:}}$|%}{% if)/.exec(found.template)?.[1];
      if (typeof value !== "string" || end === undefined) return false;
      if (found.ruby === "nil") return found.ours === "t" && value !== "";
      return found.ruby === "" && found.ours === [...value].at(end === "first" ? 0 : -1);
    },
  },
  {
    because: "An object has no first attribute: JSON gives them no order.",
    example: ["{{ customer.object | first }}", "a1", ""],
    covers: (found) =>
      /\bfirst (?:}}$|%}{% if)/.test(found.template) &&
      isObject(meant(found)) &&
      (found.ours === "" || found.ours === "nil"),
  },
  {
    because:
      "White space that stands alone in a block is printed like any other: `-` in a tag takes it away where nobody wants it.",
    example: ["a{% if true %} {% endif %}b", "ab", "a b"],
    covers: ({ template, ruby, ours }) =>
      template.startsWith("{% if true %} \n") && ruby === "||" && /^\s+\|\s+\|$/.test(String(ours)),
  },
  {
    because: "What is no object has no attributes, and no delivery dies of it.",
    example: ["{{ customer.list | map: 'k' | join: ',' }}", "fails", ",,"],
    covers: (found) =>
      /(?:map|where|sort|sort_natural|uniq|compact): 'k'/.test(found.template) &&
      itemsOf(found).some((item) => !isObject(item)),
  },
  {
    because: "`concat` takes what is no list for a list of one, and nothing for an empty one.",
    example: ["{{ customer.list | concat: 4 | join: ',' }}", "fails", "1,2,3,4"],
    covers: (found) =>
      found.template.includes("concat: customer.v") &&
      failed(found.ruby) &&
      found.ours === ["1,2,3", ...itemsOf(found).filter((item) => item !== null)].map(print).join(","),
  },
  {
    because: "A list with nulls in it stays unsorted, as in the campaign tools.",
    example: ["{{ customer.gaps | sort | join: ',' }}", "1,3,", "3,,1"],
    covers: (found) =>
      /\| sort (\||%}{% if)/.test(found.template) &&
      itemsOf(found).includes(null) &&
      (found.ours === "t" || found.ours === itemsOf(found).map(print).join(",")),
  },
  {
    because: "A length or a number of words that is nothing is as if it were not given.",
    example: ["{{ 'abc' | truncate: nil }}", "fails", "abc"],
    covers: (found) =>
      /truncate\w*: customer\.v/.test(found.template) &&
      meant(found) === null &&
      failed(found.ruby) &&
      !failed(found.ours),
  },
  {
    because: "Text that is to be an integer is one in digits alone, and no program's notation of it.",
    example: ["{{ 'abc' | truncate: '0x1F' }}", "abc", "fails"],
    covers: ({ value, ours }) => ['"1_000"', '"0x1F"'].includes(value ?? "") && failed(ours),
  },
  {
    because: "A place, length or number of words may be as large as it likes.",
    example: ["{{ 'abc' | slice: 0, 12345678901234567890 }}", "fails", "abc"],
    covers: (found) =>
      /slice|truncate/.test(found.template) &&
      Number(meant(found)) > 2 ** 31 &&
      failed(found.ruby) &&
      !failed(found.ours),
  },
  {
    because: "Base64 is read without its padding, and with white space in it.",
    example: ["{{ 'YQ' | base64_decode }}", "fails", "a"],
    covers: (found) =>
      found.template.includes("_decode") &&
      failed(found.ruby) &&
      found.ours === Buffer.from(print(meant(found)), "base64").toString(),
  },
  {
    because: "Bytes that are no UTF-8 become U+FFFD, so that no delivery dies of one wrong character.",
    example: ["{{ 'a%E4b' | url_decode }}", "fails", "a\ufffdb"],
    covers: ({ template, ruby, ours }) =>
      template.includes("url_decode") && failed(ruby) && (String(ours).includes("\ufffd") || ours === "t"),
  },
  {
    because: "A backslash in a replacement is a backslash; Ruby takes `\\0` for what was found.",
    example: ["{{ 'a-b' | replace: '-', customer.backslash }}", "a-b", "a\\0b"],
    covers: ({ template, value, ours }) =>
      /replace\w*: '.', customer\.v/.test(template) &&
      (value ?? "").includes("\\\\") &&
      String(ours).includes("\\0"),
  },
  {
    because: 'Quoted texts know `\\n`, `\\t`, `\\"` and the like.',
    example: ["{{ 'a\\tb' | size }}", "4", "3"],
    covers: () => false,
  },
  {
    because:
      "`strip`, `lstrip` and `rstrip` take all white space that Unicode knows, such as no-break spaces, and no U+0000.",
    example: ["[{{ customer.spaced | strip }}]", "[\u00a0a\u00a0]", "[a]"],
    covers: (found) => {
      const text = print(meant(found));
      const [, side] = /\| ([lr]?)strip }}$/.exec(found.template) ?? [];
      if (side === undefined) return false;
      return found.ours === { "": text.trim(), l: text.trimStart(), r: text.trimEnd() }[side];
    },
  },
  {
    because: "A sigma at a word's end becomes the one for ends.",
    example: ["{{ 'ΟΔΟΣ' | downcase }}", "οδοσ", "οδος"],
    covers: ({ value, ours }) => (value ?? "").includes("Σ") && String(ours).endsWith("ς"),
  },
  {
    because:
      "`blank` means nothing, false, and what is empty or white space alone, as Rails has it; Ruby alone knows no blank.",
    example: ["{% if '' == blank %}t{% else %}f{% endif %}", "f", "t"],
    covers: (found) =>
      found.template.includes("blank") &&
      isBlank(meant(found)) &&
      /^(?:t|f|blank|\w+blank)$/.test(String(found.ours)),
  },
  {
    because:
      "Text that is a number is compared with numbers as that number, for customers come out of CSV files; any other is neither less nor more.",
    example: ["{% if '10' > 9 %}t{% else %}f{% endif %}", "fails", "t"],
    covers: (found) => failed(found.ruby) && found.ours === compareMixed(found),
  },
  {
    because:
      "`reversed` counts wherever it stands among the arguments of `for`; Ruby hears it right behind the list alone.",
    example: ["{% for i in customer.list limit:2 reversed %}{{ i }}{% endfor %}", "12", "21"],
    covers: () => false,
  },
  {
    because:
      "Cycles of the same items are one cycle, also where these are attributes; for Ruby's each tag is one of its own.",
    example: ["{% cycle customer.key, 'b' %}{% cycle customer.key, 'b' %}", "namename", "nameb"],
    covers: (found) =>
      found.template.startsWith("{% cycle customer.v") && found.ours === `${print(meant(found))}b`,
  },
  {
    because: "`offset` and `limit` hold for a text, too, which is a list of one.",
    example: ["{% for c in 'abc' offset: 1 %}{{ c }}{% endfor %}", "abc", ""],
    covers: (found) =>
      found.template.includes("limit: 2 offset: 1") && typeof meant(found) === "string" && found.ours === "",
  },
  {
    because:
      "What a filter does not take is ignored, and told when the action is applied or checked; what it lacks is refused when the action is saved.",
    example: ["{{ 'a' | upcase: 1 }}", "fails", "A"],
    covers: ({ template, ruby, ours }) => template.startsWith(IGNORED) && failed(ruby) && !failed(ours),
  },
  {
    because:
      "A name that a filter does not know is ignored like that; Ruby takes all names for one more text.",
    example: ["{{ 'abcdefgh' | truncate: 5, ending: '.' }}", '{"ending"=>"."}', "ab..."],
    covers: () => false,
  },
  {
    because: "`tablerow` writes HTML, and `ifchanged` is unknown: both are refused when the action is saved.",
    example: ["{% ifchanged %}a{% endifchanged %}", "a", "fails"],
    covers: ({ template, ours }) => /tablerow|ifchanged/.test(template) && failed(ours),
  },
  {
    because: "A date is printed in UTC, or in the zone that is asked for, whatever offset its text has.",
    example: ["{{ '2024-01-15T10:00:00+02:00' | date: '%H:%M %z' }}", "10:00 +0200", "08:00 +0000"],
    covers: (found) =>
      isDate(found) && !failed(found.ours) && /[+-]\d\d(?::?\d\d)?\b|EST/.test((found.value ?? "").slice(11)),
  },
  {
    because:
      "Numbers with the year last are month first; one that can only be day first fails, since half of such data would be exchanged in silence.",
    example: ["{{ '01/15/2024' | date: '%F' }}", "01/15/2024", "2024-01-15"],
    covers: (found) => isDate(found) && /^"\d\d[/-]\d\d[/-]2024"$/.test(found.value ?? ""),
  },
  {
    because:
      "Unix times may be negative or have fractions, also as texts; from 100,000,000,000 on they are milliseconds.",
    example: ["{{ 4102444800000 | date: '%F' }}", "131971-04-21", "2100-01-01"],
    covers: (found) => isDate(found) && /^"?-?\d+(?:\.\d+)?"?$/.test(found.value ?? ""),
  },
  {
    because:
      "`%+` is the date as date(1) writes it, `%q` the ending of its day (st, nd, rd, th); a directive that nobody knows is refused when the action is saved.",
    example: ["{{ '2024-01-05' | date: '%Q' }}", "%Q", "fails"],
    covers: ({ template }) => /date: '%[+qQE]'/.test(template),
  },
];

function isDate({ template }: Found): boolean {
  return template.includes("| date:");
}
