// The rules by Prometheus' own tools: they are read, and each alert fires where it should and is silent where
// it should be.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALERTS, GROUPS, renderRules } from "../../deploy/monitoring/rules/all.ts";
import { startProcess } from "../support/processes.ts";
import { providePromtool } from "../support/promtool.ts";
import { CASES, type Moment } from "./alert-cases.ts";

const promtool = providePromtool();
if (promtool === null)
  console.log("skipped, since there is no promtool: install Prometheus (Debian: apt-get install prometheus)");

test("there is a case for each alert, and for nothing else", () => {
  expect(Object.keys(CASES).sort()).toEqual(ALERTS.map(({ alert }) => alert).sort());
});

test("no two alerts have a name in common, and each says what it is in a line that does not change", () => {
  expect(new Set(ALERTS.map(({ alert }) => alert)).size).toBe(ALERTS.length);
  for (const { alert, summary, description } of ALERTS) {
    expect(summary, alert).toMatch(/^\S.{10,120}\.$/);
    expect(summary, alert).not.toContain("$value");
    expect(description, alert).toMatch(/\.$/);
  }
});

test("what an alert's texts name is among the labels that it is grouped by", () => {
  for (const { alert, expr, summary, description } of ALERTS)
    for (const [, label = ""] of `${summary}${description}`.matchAll(/\$labels\.(\w+)/g))
      expect(expr, alert).toMatch(new RegExp(`by \\([^)]*\\b${label}\\b`));
});

interface Look {
  readonly alert: string;
  readonly moment: Moment;
  readonly firing: 0 | 1;
  readonly namespace: string;
}

const LOOKS: readonly Look[] = Object.entries(CASES).flatMap(([alert, { fires, silent, alsoFires }]) => [
  ...(alsoFires === undefined
    ? []
    : [{ alert, moment: alsoFires, firing: 1 as const, namespace: `${alert}-also-fires` }]),
  { alert, moment: fires, firing: 1 as const, namespace: `${alert}-fires` },
  { alert, moment: silent, firing: 0 as const, namespace: `${alert}-silent` },
]);

/** Where everything is absent nothing has a namespace, so that nothing else may be there. */
const isAlone = ({ alert, moment }: Look): boolean =>
  alert === "PostriderAbsent" && moment !== CASES[alert]?.alsoFires;

/** Looks as one test of promtool's: each in a namespace of its own, as installations are. */
function toTest(looks: readonly Look[]) {
  return {
    interval: "1m",
    input_series: looks.flatMap(({ moment, namespace }) =>
      Object.entries(moment.series).map(([name, values]) => ({ series: within(namespace, name), values })),
    ),
    promql_expr_test: looks.map(({ alert, moment, firing, namespace }) => ({
      expr: `count(ALERTS{alertname="${alert}", alertstate="firing", namespace=~"|${namespace}"}) or vector(0)`,
      eval_time: moment.at,
      exp_samples: [{ labels: "{}", value: firing }],
    })),
  };
}

function within(namespace: string, series: string): string {
  const [, name = "", labels = ""] = /^(\w+)(?:\{(.*)\})?$/.exec(series) ?? [];
  return `postrider_${name}{namespace="${namespace}"${labels === "" ? "" : `, ${labels}`}}`;
}

test.skipIf(promtool === null)(
  "promtool reads the rules; each alert fires, and is silent, as it should",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
    await writeFile(join(directory, "rules.yaml"), renderRules());
    const alone = LOOKS.filter(isAlone).map((look) => [look]);
    const tests = [...alone, LOOKS.filter((look) => !isAlone(look))].map(toTest);
    await writeFile(
      join(directory, "tests.yaml"),
      JSON.stringify({ rule_files: ["rules.yaml"], evaluation_interval: "5m", tests }),
    );
    const run = async (...args: string[]) => {
      await using child = startProcess(promtool ?? "", args);
      const { code } = await child.exited;
      return { code, said: child.stdout + child.stderr };
    };

    const checked = await run("check", "rules", join(directory, "rules.yaml"));
    expect(checked.said).toContain(`${GROUPS.flatMap(({ rules }) => rules).length} rules found`);
    expect(checked.code, checked.said).toBe(0);
    const tested = await run("test", "rules", join(directory, "tests.yaml"));
    expect(tested.code, tested.said).toBe(0);
    await rm(directory, { recursive: true });
  },
);
