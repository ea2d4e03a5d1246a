import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import type { Composed } from "@postrider/compose/request";
import { parseAction } from "@postrider/shared/action";
import { afterAll, describe, expect, test } from "vitest";
import { HOSTILE } from "../../../../tests/support/hostile-templates.ts";
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

describe("a hostile template ends in a named problem, and nothing else waits for it", () => {
  test.each(Object.entries(HOSTILE))("%s", async (_, [body, customer]) => {
    let composed: Composed | undefined;
    const blocked = await longestBlock(async () => {
      composed = await compose(body, customer);
    });
    expect(composed).toMatchObject({ kind: "problem", reason: "template_too_costly" });
    // Permanent, and named so that its author understands it.
    expect(composed).toMatchObject({
      problems: [
        {
          message: expect.stringMatching(
            /composing was stopped|limit exceeded|writes more than|Invalid (string|array) length|Maximum call stack/,
          ),
        },
      ],
    });
    // No measure of speed: BullMQ's locks last 30 s, and a blocked loop would show as seconds.
    expect(blocked).toBeLessThan(5_000);
  });
});

describe("regular expressions and searches meet no text that makes them slow", () => {
  const nasty: Readonly<Record<string, string>> = {
    spaces: `${" ".repeat(200_000)}x`,
    inner: `x${" ".repeat(200_000)}x`,
    breaks: `${"\n".repeat(200_000)}x`,
    tags: "<".repeat(200_000),
    scripts: "<script".repeat(30_000),
    comments: "<!--".repeat(50_000),
    percents: "%".repeat(200_000),
    ampersands: "&".repeat(200_000),
    dashes: `${"-".repeat(200_000)}x`,
    digits: "1".repeat(200_000),
    surrogates: "\ud800".repeat(100_000),
    dollars: "$&$'".repeat(50_000),
  };
  const filters =
    "strip lstrip rstrip squish strip_html strip_newlines newline_to_br normalize_whitespace number_of_words slugify titlecase capitalize truncatewords escape escape_once xml_escape url_encode cgi_escape uri_escape url_decode date date_to_rfc822 round plus:1 base64_decode hex_base64 json sha256 split:'' replace:'$','$&' remove:'x' strip:'-' format_number array_to_sentence_string pluralize:'a','b' currency";

  test.each(Object.keys(nasty))("%s", async (name) => {
    for (const filter of filters.split(" ")) {
      const before = process.cpuUsage();
      const composed = await compose(`{% assign x = customer.s | ${filter} %}`, { s: nasty[name] });
      // Quadratic ones would take tens of seconds here. What is no number or date is refused, as such.
      expect(process.cpuUsage(before).user / 1_000, filter).toBeLessThan(3_000);
      if (composed.kind === "problem") expect(composed.reason, filter).toBe("template");
    }
  });
});

test("data nested as deeply as they can be enqueued compose, or end as a problem", async () => {
  const deep = JSON.parse(`${'{"a":'.repeat(4_000)}1${"}".repeat(4_000)}`) as object;
  expect(bodyOf(await compose("{{ customer.deep }}", { deep }))).toBe(JSON.stringify(deep));
  expect(await compose("{{ customer.deep | json: 1000000 }}", { deep })).toMatchObject({ kind: "problem" });
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
  // It waits: nobody knows yet whether it could be composed.
  expect(barred).toMatchObject({
    passes: "unready",
    problems: [{ message: expect.stringContaining("not tried for") }],
  });
  expect(bodyOf(await compose("{{ customer.s | replace: customer.p, '' }}", { s: LONG, p: "y" }))).toBe(LONG);
});

test("memory that was taken apart is given back", async () => {
  const before = process.memoryUsage().rss;
  for (const name of ["doubling by append", "doubling of lists", "growth by replace"])
    await compose(...(HOSTILE[name] as readonly [string, object]));
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1_048_576);
});

test("an answer that came while this thread itself stood still is taken", async () => {
  const own = createComposer();
  const honest = action("{{ customer.s | replace: customer.p, '-' }}");
  const scope = { customer: { s: "a", p: "a" } };
  await own.compose(honest, facts, scope);
  const answer = own.compose(honest, facts, scope);
  // The task is on its way after a turn; then nothing runs here for longer than a thread may take.
  await new Promise(setImmediate);
  const until = performance.now() + 1_000;
  while (performance.now() < until);
  expect(bodyOf(await answer)).toBe("-");
  await own.close();
});

test("what a closing composer leaves undone is interrupted, not failed", async () => {
  const own = createComposer();
  const endless = action("{% for i in (1..1000000000) %}{% endfor %}");
  const started = Array.from({ length: 4 }, () => own.compose(endless, facts, { customer: {} }));
  await own.close();
  for (const composed of [...started, own.compose(endless, facts, { customer: {} })])
    expect(await composed).toMatchObject({ kind: "problem", passes: "interrupted" });
});
