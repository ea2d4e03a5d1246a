// What authors can write, and data of a size that can be enqueued can hold, to take a worker's time or memory; each must end as a
// problem of its own.

const LONG = "x".repeat(150_000);
const LIST = Array.from({ length: 50_000 }, (_, index) => index);
const append = "{% assign a = a | append: a %}";

/** By what it does: a body, and the customer's attributes that it abuses. */
export const HOSTILE: Readonly<Record<string, readonly [body: string, customer: object]>> = {
  "an endless loop": ["{% for i in (1..1000000000) %}{% endfor %}", {}],
  "a loop over a huge range that prints": ["{% for i in (1..1000000000) %}{{ i }}{% endfor %}", {}],
  "loops in loops": [
    "{% for a in (1..10000) %}{% for b in (1..10000) %}{% for c in (1..10000) %}{% endfor %}{% endfor %}{% endfor %}",
    {},
  ],
  "loops over data in loops over data": [
    "{% for a in customer.l %}{% for b in customer.l %}{% assign x = b %}{% endfor %}{% endfor %}",
    { l: LIST },
  ],
  "loops over letters in loops over letters": [
    "{% assign c = customer.s | split: '' %}{% for a in c %}{% for b in c %}{% assign x = b %}{% endfor %}{% endfor %}",
    { s: LONG },
  ],
  "a search that meets its worst text": [
    "{% for i in (1..50) %}{% if customer.a contains customer.b %}{% endif %}{% endfor %}",
    { a: "a".repeat(200_000), b: `${"a".repeat(100)}b${"a".repeat(60_000)}` },
  ],
  "doubling by append": [`{% assign a = customer.s %}${append.repeat(40)}{{ a }}`, { s: LONG }],
  "doubling by append in a loop": [
    `{% assign a = 'x' %}{% for i in (1..100) %}${append}{% endfor %}{{ a }}`,
    {},
  ],
  "doubling by capture": [
    `{% assign a = customer.s %}${"{% capture a %}{{ a }}{{ a }}{% endcapture %}".repeat(30)}{{ a }}`,
    { s: LONG },
  ],
  "doubling of lists": [
    `{% assign a = customer.l %}${"{% assign a = a | concat: a %}".repeat(30)}{{ a | size }}`,
    { l: LIST },
  ],
  "growth by replace": [
    "{{ customer.s | replace: '', customer.s | replace: 'x', customer.s }}",
    { s: "x".repeat(20_000) },
  ],
  "growth by join": ["{{ customer.l | join: customer.s | size }}", { l: LIST, s: LONG }],
  "growth by array_to_sentence_string": [
    "{% for i in (1..1000) %}{{ customer.l | array_to_sentence_string: customer.s }}{% endfor %}",
    { l: LIST, s: LONG },
  ],
  "copies of lists": [
    "{% assign a = customer.l %}{% for i in customer.l %}{% assign b = a | push: i | unshift: i | reverse %}{% endfor %}",
    { l: LIST },
  ],
  "a sort by a path from the data": ["{{ customer.l | sort: customer.l | size }}", { l: LIST }],
  "a width in a date's format": ["{{ 'now' | date: '%5000000000d' }}", {}],
  "a width in a date's format from data": ["{{ 'now' | date: customer.f }}", { f: "%0900000000d" }],
  "an expression for each item": [
    "{% for a in customer.l %}{% assign y = customer.l | where_exp: 'i', 'i > a' %}{% endfor %}{{ y | size }}",
    { l: LIST },
  ],
  "an expression that nests expressions": [
    "{{ customer.l | where_exp: 'i', customer.e | size }}",
    { l: LIST, e: "(1..100000000) contains i" },
  ],
};
