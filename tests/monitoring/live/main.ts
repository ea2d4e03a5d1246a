// Dashboards and alerts against a real Prometheus and Alertmanager: a whole installation under load, faults
// one after the other, and what came of them counted. Run by `npm run test:monitoring`, with --pictures to
// draw the dashboards as well, and --only=NAME for the fault of one alert. Ends by itself within ten minutes.
// With --game-day a person looks for faults.

import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { ALERTS } from "../../../deploy/monitoring/rules/all.ts";
import { readDashboards, shown } from "../panels.ts";
import { fillIn } from "../promql.ts";
import { drawDashboards } from "./draw.ts";
import type { Fault } from "./fault.ts";
import { FAULTS_OF_DATA } from "./faults-of-data.ts";
import { FAULTS_OF_SHARDS } from "./faults-of-shards.ts";
import { FAULTS_OF_SURROUNDINGS } from "./faults-of-surroundings.ts";
import { FAULTS_OF_WORKERS } from "./faults-of-workers.ts";
import { playGameDay } from "./game-day.ts";
import { type Installation, startInstallation } from "./installation.ts";
import { applyActions, startLoad } from "./load.ts";
import { provide } from "./programs.ts";
import { startWatchers, type Watchers } from "./watchers.ts";

/** Faults for a person to find; see game-day.ts. */
const IS_GAME_DAY = process.argv.includes("--game-day");
const IS_DRAWN = process.argv.includes("--pictures");
/** For a machine on which others work: waits longer before it gives an alert up. */
const PATIENCE = process.argv.includes("--patient") ? 2 : 1;
/** Names of alerts without the prefix; none: all. */
const ONLY = process.argv.flatMap((word) => (word.startsWith("--only=") ? word.slice(7).split(",") : []));
const CALM_MS = 30_000;
/** An alert that has not come by then does not come. */
const ALERT_MS = 90_000 * PATIENCE;
/** Whatever has not happened by then is told as missing. */
const ALL_MS = 540_000 * PATIENCE;
/** Grafana's $__rate_interval is four scrapes at least. */
const VARIABLES = { __rate_interval: "10s" };
const STEP_S = 2;

const startedAt = Date.now();
const say = (text: string): void =>
  console.log(`${((Date.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const problems: string[] = [];

async function firing({ ask }: Watchers): Promise<readonly string[]> {
  const found = await ask('count by (alertname) (ALERTS{alertstate="firing"})');
  return found.map(({ metric }) => metric["alertname"] ?? "");
}

/** What a machine without CPU to spare brings about: there they are right to fire. */
const OF_SLOWNESS = ["PostriderRedisSlow", "PostriderApiSlow", "PostriderEventLoopBlocked"];
/** Processes that want a core at the same time, for each core; our own are some five on two. */
const BUSY = 4;

/** Nothing is wrong, and nobody is told of anything. */
async function stayCalm(watchers: Watchers): Promise<void> {
  await pause(CALM_MS);
  const load = (loadavg()[0] ?? 0) / cpus().length;
  const isBusy = load > BUSY;
  const told = [...watchers.told.keys()].filter((name) => !(isBusy && OF_SLOWNESS.includes(name)));
  if (told.length > 0) problems.push(`fired without a fault: ${told.join(", ")}`);
  const judged = ALERTS.length - (isBusy ? OF_SLOWNESS.length : 0);
  say(`calm: ${told.length} of ${judged} alerts fired${told.map((name) => ` ${name}`).join(",")}`);
  if (isBusy)
    say(
      `this machine is busy (${load.toFixed(0)} processes want each core): ${OF_SLOWNESS.join(", ")} were not judged`,
    );
}

/** Begins faults together, waits for what they should have fire, and ends them. @returns how many did. */
async function suffer(
  faults: readonly Fault[],
  installation: Installation,
  watchers: Watchers,
): Promise<number> {
  const expected = faults.flatMap(({ alerts }) => alerts.map((name) => `Postrider${name}`));
  const before = new Set(watchers.told.keys());
  const beganAt = Date.now();
  const heals = await Promise.all(faults.map((fault) => fault.begin(installation)));
  const missing = new Set(expected);
  while (missing.size > 0 && Date.now() < Math.min(beganAt + ALERT_MS, startedAt + ALL_MS)) {
    for (const name of await firing(watchers)) if (watchers.told.has(name)) missing.delete(name);
    await pause(250);
  }
  const seconds = Math.round((Date.now() - beganAt) / 1_000);
  await Promise.all(heals.map((heal) => heal()));
  const others = [...watchers.told.keys()].filter((name) => !before.has(name) && !expected.includes(name));
  const beside = others.length === 0 ? "" : `; beside them ${others.join(", ")}`;
  say(
    `${faults.map(({ name }) => name).join("; ")}: ${expected.length - missing.size} of ${expected.length} told after ${seconds} s${beside}`,
  );
  for (const name of missing) {
    say(`WRONG: ${name} did not fire`);
    problems.push(`${name} did not fire`);
  }
  return expected.length - missing.size;
}

/** Every query of every panel, over all that happened. */
async function askPanels({
  askRange,
}: Watchers): Promise<{ panels: number; queries: number; empty: string[] }> {
  const [from, to] = [startedAt / 1_000, Date.now() / 1_000];
  let [panels, queries] = [0, 0];
  const empty: string[] = [];
  for (const [id, dashboard] of readDashboards())
    for (const { title, targets = [] } of shown(dashboard)) {
      panels += 1;
      for (const { expr, refId } of targets) {
        queries += 1;
        const found = await askRange(fillIn(expr, VARIABLES), from, to, STEP_S);
        if (!found.some(({ values }) => values.some(([, value]) => value !== "NaN")))
          empty.push(`${id} / ${title} (${refId})`);
      }
    }
  return { panels, queries, empty };
}

/** Faults that stay out of each other's way are suffered together; by one alert of each. */
const TOGETHER = [
  ["DeliveriesSurplus", "VersionsMixed", "OwnLanesUnserved", "CanaryNotRunning"],
  ["SocketsExhausted", "ClaimsRunOut", "ShardAway"],
  ["NothingReachable", "EventLoopBlocked"],
] as const;

function inTurns(): readonly (readonly Fault[])[] {
  const named = new Set<string>(TOGETHER.flat());
  const isNamed = ({ alerts }: Fault) => alerts.some((alert) => named.has(alert));
  const surroundings = [...FAULTS_OF_WORKERS, ...FAULTS_OF_SHARDS, ...FAULTS_OF_SURROUNDINGS];
  const all = [...FAULTS_OF_DATA, ...surroundings];
  if (ONLY.length > 0)
    return all.filter(({ alerts }) => alerts.some((alert) => ONLY.includes(alert))).map((fault) => [fault]);
  return [
    FAULTS_OF_DATA.filter((fault) => !isNamed(fault)),
    ...TOGETHER.map((names) => all.filter(({ alerts }) => names.some((name) => alerts.includes(name)))),
    ...surroundings.filter((fault) => !isNamed(fault)).map((fault) => [fault]),
  ];
}

// What was started ends with this process, however it ends.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const programs = {
  prometheus: provide("prometheus", "prometheus"),
  alertmanager: provide("prometheus-alertmanager", "prometheus-alertmanager"),
};
const chromium = IS_DRAWN ? provide("chromium", "chromium") : null;
const directory = await mkdtemp(join(tmpdir(), "postrider-monitoring-"));
const installation = await startInstallation(join(directory, "redis"));
const { api, workers, sparePort, spareApiPort } = installation;
const toTarget = (port: number): string => `127.0.0.1:${port}`;
const watchers = await startWatchers(programs, directory, {
  "postrider-api": [api.port, spareApiPort].map(toTarget),
  "postrider-worker": [...workers.map(({ port }) => toTarget(port)), toTarget(sparePort)],
});
say("Redis, API, two workers, Prometheus and Alertmanager run");
/** Every fault in its turn, and what came of it. */
async function prove(): Promise<void> {
  let load = startLoad(installation);
  const calmFrom = Date.now();
  await stayCalm(watchers);
  const calmUntil = Date.now();
  let told = 0;
  for (const faults of inTurns()) {
    const isAlone = faults.some((fault) => fault.isAlone === true);
    if (isAlone) await load.stop();
    told += await suffer(faults, installation, watchers);
    if (isAlone) load = startLoad(installation);
  }
  await load.stop();
  const { panels, queries, empty } = await askPanels(watchers);
  if (ONLY.length === 0) for (const panel of empty) problems.push(`no data: ${panel}`);
  say(
    `${queries - empty.length} of ${queries} queries of ${panels} panels on ${readDashboards().size} dashboards have data`,
  );
  say(`${told} of ${ALERTS.length} alerts fired under their fault and reached the pager`);
  if (chromium !== null)
    await drawDashboards({
      chromium,
      watchers,
      say,
      calm: [calmFrom / 1_000, calmUntil / 1_000],
      time: [startedAt / 1_000, Date.now() / 1_000],
    });
}

/** Whom nothing is left to tell would find nothing. */
const isFound = ({ alerts }: Fault): boolean => !alerts.includes("Absent");

async function play(): Promise<void> {
  const load = startLoad(installation);
  await pause(CALM_MS);
  await playGameDay({ faults: inTurns().flat().filter(isFound), installation, watchers, chromium, say });
  await load.stop();
}

try {
  await applyActions(installation);
  await (IS_GAME_DAY ? play() : prove());
} catch (error) {
  problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  await installation.close().catch(() => undefined);
  await watchers.close();
  await rm(directory, { recursive: true, force: true });
}
for (const problem of problems) say(`WRONG: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
