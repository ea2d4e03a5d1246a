// What authors can write, and data hold, to take a worker's time or memory. Each is small: under lowered
// limits it ends for the same reason as one that is a million times as large does under the real ones.
// Nothing here troubles an engine without limits for more than a moment.

import { COMPOSER_LIMITS, type ComposerLimits } from "@postrider/compose/limits";

/** What ends a composition that takes too much, and what it says. */
export type Guard = "time" | "memory" | "text";
export const SAYS: Readonly<Record<Guard, RegExp>> = {
  time: /composing was stopped: it took longer than/,
  memory: /memory alloc limit exceeded/,
  text: /writes more than/,
};

const { compose } = COMPOSER_LIMITS;
/** A thousandth of the size that deliveries are granted, and all the time in the world. */
const SMALL: ComposerLimits = {
  ...COMPOSER_LIMITS,
  composeMsMax: 60_000,
  compose: { renderMsMax: 60_000, renderMemoryMax: 10_000, writtenCharsMax: 10_000, cheapWorkMax: 10_000 },
};
/** For each guard limits that it alone can meet, however slow the machine is. */
export const LOWERED: Readonly<Record<Guard, ComposerLimits>> = {
  memory: SMALL,
  text: SMALL,
  time: { ...COMPOSER_LIMITS, composeMsMax: 100, compose: { ...compose, cheapWorkMax: 10_000 } },
};

const LIST = Array.from({ length: 200 }, (_, index) => index);
/** Beyond the lowered time by a factor of ten: a million rounds take more than a second. */
const LONG_LIST = Array.from({ length: 1_000 }, (_, index) => index);
const TEXT = "x".repeat(200);

const double = "{% assign a = a | append: a %}";

/** By what it does: a body, the customer's attributes that it abuses, and the guard that ends it. */
export const HOSTILE: Readonly<Record<string, readonly [body: string, customer: object, endedBy: Guard]>> = {
  "a loop over a range": ["{% for i in (1..20000) %}{% endfor %}", {}, "memory"],
  "a loop over a range that prints": ["{% for i in (1..5000) %}{{ i }}{% endfor %}", {}, "text"],
  "loops in loops": [
    "{% for a in (1..50) %}{% for b in (1..50) %}{% for c in (1..50) %}{% endfor %}{% endfor %}{% endfor %}",
    {},
    "memory",
  ],
  "loops over data in loops over data": [
    "{% for a in customer.l %}{% for b in customer.l %}{% assign x = b | plus: 1 | times: 2 | minus: 3 %}{% endfor %}{% endfor %}",
    { l: LONG_LIST },
    "time",
  ],
  "loops over letters in loops over letters": [
    "{% assign c = customer.s | split: '' %}{% for a in c %}{% for b in c %}{% assign x = b | size | plus: 1 | times: 2 %}{% endfor %}{% endfor %}",
    { s: "x".repeat(1_000) },
    "time",
  ],
  "doubling by append": [`{% assign a = customer.s %}${double.repeat(7)}{{ a }}`, { s: TEXT }, "memory"],
  "doubling by append in a loop": [
    `{% assign a = 'x' %}{% for i in (1..15) %}${double}{% endfor %}{{ a }}`,
    {},
    "memory",
  ],
  "doubling by capture": [
    `{% assign a = customer.s %}${"{% capture a %}{{ a }}{{ a }}{% endcapture %}".repeat(7)}{{ a }}`,
    { s: TEXT },
    "text",
  ],
  "doubling of lists": [
    `{% assign a = customer.l %}${"{% assign a = a | concat: a %}".repeat(7)}{{ a | size }}`,
    { l: LIST },
    "memory",
  ],
  "growth by replace": ["{{ customer.s | replace: '', customer.s }}", { s: TEXT }, "memory"],
  "growth by join": ["{{ customer.l | join: customer.s | size }}", { l: LIST, s: TEXT }, "memory"],
  "growth by array_to_sentence_string": [
    "{% for i in (1..100) %}{{ customer.l | array_to_sentence_string: customer.s }}{% endfor %}",
    { l: LIST, s: TEXT },
    "memory",
  ],
  "copies of lists": [
    "{% assign a = customer.l %}{% for i in customer.l %}{% assign b = a | push: i | unshift: i | reverse %}{% endfor %}",
    { l: LIST },
    "memory",
  ],
  "an expression for each item": [
    "{% for a in customer.l %}{% assign y = customer.l | where_exp: 'i', 'i > a' %}{% endfor %}{{ y | size }}",
    { l: LONG_LIST },
    "time",
  ],
  "an expression that nests expressions": [
    "{{ customer.l | where_exp: 'i', customer.e | size }}",
    { l: LIST, e: "(1..20000) contains i" },
    "memory",
  ],
};
