import { Counter, Histogram, Registry, type RegistryContentType } from "prom-client";
import { expect, test } from "vitest";
import { defineCounts, defineSpan, defineSpans } from "./tally.ts";

const FORMS = ["PROMETHEUS_CONTENT_TYPE", "OPENMETRICS_CONTENT_TYPE"] as const;

/** @param form of its page. */
function toRegistry(form: (typeof FORMS)[number]): Registry {
  const registry: Registry<RegistryContentType> = new Registry() as never;
  registry.setContentType(Registry[form]);
  return registry as unknown as Registry;
}

test.each(FORMS)("a page of plain numbers is the very page that prom-client writes: %s", async (form) => {
  const [ours, theirs] = [toRegistry(form), toRegistry(form)];
  const [buckets, values] = [
    [0.1, 1, 2.5],
    [0, 0.1, 0.11, 1, 2.5, 3, 100],
  ];
  const definition = { registry: ours, help: 'Its "help".\nTwo lines.', buckets };
  const alone = defineSpan({ ...definition, name: "alone_seconds" });
  const spans = defineSpans({ ...definition, name: "by_phase_seconds", labelNames: ["phase"] }, ["a", "b"]);
  const common = { help: definition.help, buckets, registers: [theirs] };
  const theirAlone = new Histogram({ ...common, name: "postrider_alone_seconds" });
  const theirSpans = new Histogram({ ...common, name: "postrider_by_phase_seconds", labelNames: ["phase"] });
  for (const phase of ["a", "b"]) theirSpans.zero({ phase });
  defineCounts({ registry: ours, name: "counted_total", help: "h", labelNames: ["of"] }).of({
    of: "x",
  }).value = 3;
  const counter = { name: "postrider_counted_total", help: "h", labelNames: ["of"], registers: [theirs] };
  new Counter(counter).inc({ of: "x" }, 3);
  for (const value of values) {
    alone(value);
    theirAlone.observe(value);
    spans.a(value);
    theirSpans.labels("a").observe(value);
  }
  expect(await ours.metrics()).toBe(await theirs.metrics());
  // A second page, since writing one may change what the next begins with.
  expect(await ours.metrics()).toBe(await theirs.metrics());
});

test("what is no span is in no bucket, and labels may hold anything", async () => {
  const registry = new Registry();
  const observe = defineSpan({ registry, name: "span_seconds", help: "h", buckets: [1] });
  for (const value of [Number.NaN, -1]) observe(value);
  const counts = defineCounts({ registry, name: "counts_total", help: "h", labelNames: ["one", "other"] });
  counts.of({ one: 'a"\\\n', other: "" }).value += 2;
  counts.of({ one: 'a"\\\n', other: "" }).value += 1;
  counts.of({ one: "gone", other: "x" });
  counts.drop({ one: "gone", other: "x" });
  const page = await registry.metrics();
  expect(page).toContain("postrider_span_seconds_count 0\n");
  expect(page).toContain('postrider_counts_total{one="a\\"\\\\\\n",other=""} 3\n');
  expect(page).not.toContain("gone");
});
