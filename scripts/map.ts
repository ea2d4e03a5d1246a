// What the page about the code's rooms is made of: each file with its first sentence, and the only places
// where a library may be imported.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where each library may be imported, from `packages/` on. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  bullmq: [
    "redis/src/lane-claims.ts",
    "redis/src/lane-queues.ts",
    "redis/src/scripts/admit.ts",
    "redis/src/scripts/take-in.ts",
    "redis/src/scripts/reclaim.ts",
  ],
  undici: ["worker/src/send/"],
  liquidjs: ["compose/src/dialect/", "compose/src/render/", "compose/src/escape/", "compose/src/cost/"],
  "prom-client": [
    "worker/src/record/metrics.ts",
    "api/src/api-metrics.ts",
    "api/src/canary/canary-metrics.ts",
    "shared/src/process-metrics.ts",
    "shared/src/tally.ts",
    "shared/src/installation-metrics.ts",
    "shared/src/redis-metrics.ts",
    "worker/src/record/series.ts",
    "worker/src/record/added-series.ts",
    "worker/src/record/attempt-metrics.ts",
    "worker/src/record/destination-counts.ts",
  ],
  "@opentelemetry/api": [
    "shared/src/tracing/otlp.ts",
    "producer/src/enqueue/trace-enqueue.ts",
    "api/src/server/trace-requests.ts",
  ],
  "@opentelemetry/sdk-trace": ["shared/src/tracing/otlp.ts"],
  "@opentelemetry/exporter-trace-otlp-proto": ["shared/src/tracing/otlp.ts"],
  "@opentelemetry/resources": ["shared/src/tracing/otlp.ts"],
  "@opentelemetry/context-async-hooks": ["shared/src/tracing/otlp.ts"],
  fastify: ["api/src/server/", "worker/src/probes.ts"],
  preact: ["console/src/"],
  "@preact/signals": ["console/src/"],
  uplot: ["console/src/design/chart.tsx", "console/src/design/plot.ts"],
  commander: ["cli/src/program.ts", "cli/src/commands/"],
};

/** Source files of the packages, without tests, from `packages/` on. */
export function sourceFiles(): string[] {
  return execFileSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "packages/*/src/*.ts", "packages/*/src/*.tsx"],
    { cwd: ROOT, encoding: "utf8" },
  )
    .split("\n")
    .filter((file) => file !== "" && !file.endsWith(".test.ts") && existsSync(join(ROOT, file)))
    .map((file) => file.slice("packages/".length))
    .sort();
}

/** The first sentence of the comment that a file opens with. */
function firstSentence(file: string): string {
  const text = readFileSync(join(ROOT, "packages", file), "utf8");
  const lines = text.slice(0, text.indexOf("\n\n")).split("\n");
  const comment = lines.map((line) => line.replace(/^(?:\/\/|\/\*\*?| ?\*\/?) ?/, "")).join(" ");
  return (/^.*?[.?!](?= |$)/.exec(comment)?.[0] ?? comment).replaceAll("|", "\\|");
}

/** A table of files for each folder, folders in the order of their names. */
export function renderMap(): string {
  const folders = new Map<string, string[]>();
  for (const file of sourceFiles()) folders.set(dirname(file), [...(folders.get(dirname(file)) ?? []), file]);
  const tables = [...folders].map(([folder, files]) =>
    [
      `## ${folder}`,
      "",
      "| file | its part |",
      "| --- | --- |",
      ...files.map((file) => `| \`${file.slice(folder.length + 1)}\` | ${firstSentence(file)} |`),
    ].join("\n"),
  );
  return [...tables, renderDoors()].join("\n\n");
}

function renderDoors(): string {
  return [
    "## Doors",
    "",
    "A library is imported here and nowhere else; `scripts/map.ts` lists it, and a test holds it:",
    "",
    "| library | where |",
    "| --- | --- |",
    ...Object.entries(DOORS).map(
      ([library, places]) => `| ${library} | ${places.map((place) => `\`${place}\``).join(", ")} |`,
    ),
  ].join("\n");
}
