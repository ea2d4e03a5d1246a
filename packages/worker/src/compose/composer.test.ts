import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import type { Composed } from "@postrider/compose/request";
import { parseAction } from "@postrider/shared/action";
import { afterAll, describe, expect, test } from "vitest";
import { createComposer } from "./composer.ts";

const composer = createComposer();
afterAll(() => composer.close());

const facts = { id: "d1", dueAt: 1_700_000_000_000 };
const action = (body: string): CompiledAction =>
  compileAction(
    parseAction({
      id: "a",
      url: "https://example.com/",
      headers: [{ name: "Content-Type", value: "text/plain" }],
      body,
    }),
  );
const compose = async (body: string, customer: object): Promise<Composed> =>
  composer.compose(action(body), facts, { customer: { id: 1, ...customer } });
const bodyOf = (composed: Composed): unknown =>
  composed.kind === "request" ? composed.request.body : composed;

/** Runs something and tells the longest time for which nothing else could run. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const look = (): void => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 5);
  await work();
  look();
  clearInterval(timer);
  return longest;
}

const LONG = "x".repeat(200_000);
const LIST = Array.from({ length: 100_000 }, (_, index) => index);
const append = "{% assign a = a | append: a %}";

/** What authors can write to take a worker's time or memory; each must end as a problem of its own. */
const HOSTILE: Readonly<Record<string, readonly [body: string, customer: object]>> = {
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

describe("a hostile template ends in a named problem, and nothing else waits for it", () => {
  test.each(Object.entries(HOSTILE))("%s", async (_, [body, customer]) => {
    let composed: Composed | undefined;
    const blocked = await longestBlock(async () => {
      composed = await compose(body, customer);
    });
    expect(composed).toMatchObject({ kind: "problem", reason: "template_too_costly" });
    // No measure of speed: BullMQ's locks last 30 s, and a blocked loop would show as seconds.
    expect(blocked).toBeLessThan(5_000);
  });
});

test("templates without a bound compose apart, and give what they give inline", async () => {
  const apart = "{{ customer.s | replace: customer.p, '-' }}";
  expect(action(apart).isCheapFor({ customer: { s: "a", p: "b" } })).toBe(false);
  expect(bodyOf(await compose(apart, { s: "hé<hé", p: "<" }))).toBe("hé-hé");
});

test("data and chance survive the way to the thread and back", async () => {
  const body = "{{ customer.s | replace: customer.s, '' }}{{ customer.n | json }}{% generate_uuid %}";
  const customer = JSON.parse(`{"id":1,"s":"s","n":{"__proto__":{"a":null},"b":[1,"\\ud800"]}}`);
  const here = action(body).compose(facts, { customer });
  expect(await compose(body, customer)).toEqual(here);
  expect(bodyOf(here)).toContain("__proto__");
});

test("one action's hostile deliveries make another action wait for one of them, not for all", async () => {
  const hostile = action("{% for i in (1..1000000000) %}{% endfor %}");
  const honest = action("{{ customer.s | replace: customer.p, '' }}");
  const order: string[] = [];
  const all = Array.from({ length: 20 }, async () => {
    await composer.compose(hostile, facts, { customer: {} });
    order.push("hostile");
  });
  await composer.compose(honest, facts, { customer: { s: LONG, p: "y" } });
  order.push("honest");
  await Promise.all(all);
  expect(order.indexOf("honest")).toBeLessThan(6);
});

test("an action that is stopped again and again is not tried for a while, others are", async () => {
  const hostile = action("{% for i in (1..2000000000) %}{% endfor %}");
  for (let tries = 0; tries < 5; tries++) await composer.compose(hostile, facts, { customer: {} });
  const barred = await composer.compose(hostile, facts, { customer: {} });
  expect(barred).toMatchObject({ problems: [{ message: expect.stringContaining("not tried for") }] });
  expect(bodyOf(await compose("{{ customer.s | replace: customer.p, '' }}", { s: LONG, p: "y" }))).toBe(LONG);
});

test("memory that was taken apart is given back", async () => {
  const before = process.memoryUsage().rss;
  for (const name of ["doubling by append", "doubling of lists", "growth by replace"])
    await compose(...(HOSTILE[name] as readonly [string, object]));
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1_048_576);
});
