import { parseAction } from "@postrider/shared/parse-action";
import { afterAll, describe, expect, test } from "vitest";
import { HOSTILE, LOWERED, SAYS } from "../../../../tests/support/hostile-templates.ts";
import { type CompiledAction, compileAction } from "../compile.ts";
import { COMPOSER_LIMITS } from "../limits.ts";
import type { Composed } from "../request.ts";
import { createComposer } from "./composer.ts";

const composer = createComposer();
const strict = createComposer(LOWERED.memory);
const hurried = createComposer(LOWERED.time);
afterAll(() => Promise.all([composer, strict, hurried].map((one) => one.close())));

const facts = { id: "d1", dueAt: 1_700_000_000_000 };
const action = (body: string, limits = COMPOSER_LIMITS.compose): CompiledAction =>
  compileAction(
    parseAction({
      id: "a",
      url: "https://example.com/",
      headers: [{ name: "Content-Type", value: "text/plain" }],
      body,
    }),
    limits,
  );
const compose = async (body: string, customer: object): Promise<Composed> =>
  composer.compose(action(body), facts, { customer: { id: 1, ...customer } });
const bodyOf = (composed: Composed): unknown =>
  composed.kind === "request" ? composed.request.body : composed;

describe("a template that takes too much ends in a named problem", () => {
  test.each(Object.entries(HOSTILE))("%s", async (_, [body, customer, endedBy]) => {
    const hostile = action(body, LOWERED[endedBy].compose);
    const scope = { customer: { id: 1, ...customer } };
    // The proof sends it to a thread, where the guards of time and memory are.
    expect(hostile.isCheapFor(scope)).toBe(false);
    expect(await (endedBy === "time" ? hurried : strict).compose(hostile, facts, scope)).toMatchObject({
      kind: "problem",
      reason: "template_too_costly",
      // Permanent, and named so that its author understands it.
      problems: [{ message: expect.stringMatching(SAYS[endedBy]) }],
    });
  });

  test("without those limits each is composed: it is they that end it, not the template", async () => {
    const { compose: limits } = COMPOSER_LIMITS;
    // All the time in the world, since a busy machine may need it.
    const patient = { ...COMPOSER_LIMITS, composeMsMax: 60_000, compose: { ...limits, renderMsMax: 60_000 } };
    const own = createComposer(patient);
    for (const [name, [body, customer]] of Object.entries(HOSTILE).filter(([, [, , by]]) => by !== "time"))
      expect(
        await own.compose(action(body, patient.compose), facts, { customer: { id: 1, ...customer } }),
        name,
      ).toMatchObject({ kind: "request" });
    await own.close();
  });

  test("a thread that needs more memory than it is granted", async () => {
    const { compose: limits } = COMPOSER_LIMITS;
    const small = createComposer({
      composeMsMax: 60_000,
      heapMbMax: 16,
      compose: { ...limits, renderMemoryMax: 1e9 },
    });
    const list = Array.from({ length: 1_000 }, (_, index) => index);
    const body = `{% assign a = customer.l %}${"{% assign a = a | concat: a %}".repeat(12)}{{ a | size }}`;
    expect(await small.compose(action(body), facts, { customer: { l: list } })).toMatchObject({
      reason: "template_too_costly",
      problems: [{ message: "composing was stopped: it took more than 16 MB of memory" }],
    });
    await small.close();
  });

  test("nothing else waits for it: this thread goes on while it is composed", async () => {
    const [body, customer] = HOSTILE["loops over data in loops over data"] ?? ["", {}];
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await hurried.compose(action(body), facts, { customer });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

describe("filters take time in proportion to their text, whatever it is made of", () => {
  // Some of these are what naive regular expressions go back and forth over.
  const patterns: Readonly<Record<string, string>> = {
    spaces: " ",
    breaks: "\n",
    tags: "<",
    scripts: "<script",
    comments: "<!--",
    percents: "%",
    ampersands: "&",
    dashes: "-",
    digits: "1",
    surrogates: "\ud800",
    dollars: "$&$'",
  };
  const filters =
    "strip lstrip rstrip squish strip_html strip_newlines newline_to_br normalize_whitespace number_of_words slugify titlecase capitalize truncatewords escape escape_once xml_escape url_encode cgi_escape uri_escape url_decode date date_to_rfc822 round plus:1 base64_decode hex_base64 json sha256 split:'' replace:'$','$&' remove:'x' strip:'-' format_number array_to_sentence_string pluralize:'a','b' currency";

  /** CPU time in milliseconds, so that a busy machine does not count. */
  const cpuMs = async (body: string, text: string): Promise<number> => {
    const before = process.cpuUsage();
    const composed = await compose(body, { s: text });
    // What is no number or date is refused, as such.
    if (composed.kind === "problem") expect(composed.reason, body).toBe("template");
    return process.cpuUsage(before).user / 1_000;
  };

  test.each(Object.keys(patterns))("%s", async (name) => {
    const pattern = patterns[name] ?? "";
    const text = `x${pattern.repeat(20_000 / pattern.length)}x`;
    for (const filter of filters.split(" ")) {
      const body = `{% assign x = customer.s | ${filter} %}`.repeat(8);
      // In proportion, it is a few milliseconds; with the square of the length, some seconds.
      expect(await cpuMs(body, text), filter).toBeLessThan(1_000);
    }
  });
});

test("data nested as deeply as they can be enqueued compose; what grows with the square of the depth is bounded", async () => {
  const deep = JSON.parse(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`) as object;
  expect(bodyOf(await compose("{{ customer.deep }}", { deep }))).toBe(JSON.stringify(deep));
  const indented = action("{{ customer.deep | json: 2 }}", LOWERED.memory.compose);
  expect(await strict.compose(indented, facts, { customer: { deep } })).toMatchObject({
    kind: "problem",
    reason: "template_too_costly",
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

const [ENDLESS, ENDLESS_DATA] = HOSTILE["loops over data in loops over data"] ?? ["", {}];
const honest = (): CompiledAction => action("{{ customer.s | replace: customer.p, '' }}");
const HONEST_DATA = { s: "x".repeat(1_000), p: "y" };

test("one action's hostile deliveries make another action wait for one of them, not for all", async () => {
  const hostile = action(ENDLESS);
  const order: string[] = [];
  const all = Array.from({ length: 20 }, async () => {
    await hurried.compose(hostile, facts, { customer: ENDLESS_DATA });
    order.push("hostile");
  });
  await hurried.compose(honest(), facts, { customer: HONEST_DATA });
  order.push("honest");
  await Promise.all(all);
  expect(order.indexOf("honest")).toBeLessThan(6);
});

test("an action that is stopped again and again is not tried for a while, others are", async () => {
  const hostile = action(ENDLESS);
  for (let tries = 0; tries < 5; tries++) await hurried.compose(hostile, facts, { customer: ENDLESS_DATA });
  const barred = await hurried.compose(hostile, facts, { customer: ENDLESS_DATA });
  // It waits: nobody knows yet whether it could be composed.
  expect(barred).toMatchObject({
    passes: "unready",
    problems: [{ message: expect.stringContaining("not tried for") }],
  });
  expect(bodyOf(await hurried.compose(honest(), facts, { customer: HONEST_DATA }))).toBe(HONEST_DATA.s);
});

test("an answer that came while this thread itself stood still is taken", async () => {
  const own = createComposer();
  const apart = action("{{ customer.s | replace: customer.p, '-' }}");
  const scope = { customer: { s: "a", p: "a" } };
  await own.compose(apart, facts, scope);
  const answer = own.compose(apart, facts, scope);
  // The task is on its way after a turn; then nothing runs here for longer than a thread may take.
  await new Promise(setImmediate);
  const until = performance.now() + 1_000;
  while (performance.now() < until);
  expect(bodyOf(await answer)).toBe("-");
  await own.close();
});

test("a thread that the machine gives no CPU gets more time, and not for ever", async () => {
  const compose = (cpuMs: () => number) =>
    createComposer({ ...LOWERED.time, composeMsMax: 20 }, cpuMs).compose(action(ENDLESS), facts, {
      customer: ENDLESS_DATA,
    });
  const ended = { reason: "template_too_costly", problems: [{ message: expect.stringMatching(SAYS.time) }] };
  let looks = 0;
  expect(await compose(() => 20 * looks++)).toMatchObject(ended);
  expect(looks).toBe(2);

  const startedAt = performance.now();
  expect(await compose(() => 0)).toMatchObject(ended);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(150);
});

test("a cheap one that the machine has stood still in is composed once more", async () => {
  const { now } = performance;
  const cheap = action("{{ customer.a }}".repeat(600));
  const scope = { customer: { a: "x" } };
  expect(cheap.isCheapFor(scope)).toBe(true);
  let aheadMs = 0;
  let looks = 0;
  // Between two looks at the clock two seconds go by, once.
  performance.now = () => {
    if (++looks === 3) aheadMs = 2_000;
    return now.call(performance) + aheadMs;
  };
  try {
    expect(cheap.compose(facts, scope)).toMatchObject({ reason: "template_too_costly" });
    looks = 0;
    aheadMs = 0;
    expect(bodyOf(await composer.compose(cheap, facts, scope))).toBe("x".repeat(600));
  } finally {
    performance.now = now;
  }
});

test("what a closing composer leaves undone is interrupted, not failed", async () => {
  const own = createComposer();
  const endless = action(ENDLESS);
  const started = Array.from({ length: 4 }, () => own.compose(endless, facts, { customer: ENDLESS_DATA }));
  await own.close();
  for (const composed of [...started, own.compose(endless, facts, { customer: ENDLESS_DATA })])
    expect(await composed).toMatchObject({ kind: "problem", passes: "interrupted" });
});
