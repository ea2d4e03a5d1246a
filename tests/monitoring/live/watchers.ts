// Prometheus and Alertmanager with our rules, and the one who is told: every alert that arrives is written
// down.

import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { eventually } from "../../support/eventually.ts";
import { closedPort } from "../../support/network.ts";
import { startProcess } from "../../support/processes.ts";
import { renderFastRules } from "./scaled-rules.ts";

export interface Watchers {
  readonly prometheusUrl: string;
  /** Names of the alerts of which somebody was told that they fire, in the order of their arrival. */
  readonly told: ReadonlyMap<string, number>;
  /** Asks for one moment. */
  ask(expr: string): Promise<readonly Series[]>;
  /** Asks for a time. @param from Unix seconds. */
  askRange(expr: string, from: number, to: number, step: number): Promise<readonly Range[]>;
  close(): Promise<void>;
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface Range {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

interface Notice {
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

/** Starts both. @param targets by job, as host:port. */
export async function startWatchers(
  programs: { readonly prometheus: string; readonly alertmanager: string },
  directory: string,
  targets: Readonly<Record<string, readonly string[]>>,
): Promise<Watchers> {
  const told = new Map<string, number>();
  const pager = createServer((request, response) => {
    void note(request, told).then(() => response.end());
  }).listen(0, "127.0.0.1");
  await once(pager, "listening");
  const pagerUrl = `http://127.0.0.1:${(pager.address() as AddressInfo).port}/`;
  const [prometheusPort, alertmanagerPort] = [await closedPort(), await closedPort()];
  await mkdir(directory, { recursive: true });
  const write = (name: string, content: unknown) =>
    writeFile(join(directory, name), typeof content === "string" ? content : stringify(content));
  await write("rules.yaml", renderFastRules());
  await write("alertmanager.yaml", {
    route: {
      receiver: "pager",
      group_by: ["alertname"],
      group_wait: "0s",
      group_interval: "1s",
      repeat_interval: "1h",
    },
    receivers: [{ name: "pager", webhook_configs: [{ url: pagerUrl, send_resolved: true }] }],
  });
  await write("prometheus.yaml", {
    global: { scrape_interval: "2s", scrape_timeout: "2s", evaluation_interval: "2s" },
    rule_files: ["rules.yaml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanagerPort}`] }] }] },
    scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
      job_name: job,
      static_configs: [{ targets: addresses, labels: { namespace: "hooks" } }],
    })),
  });
  const alertmanager = startProcess(programs.alertmanager, [
    `--config.file=${join(directory, "alertmanager.yaml")}`,
    `--storage.path=${join(directory, "alertmanager")}`,
    `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
    "--cluster.listen-address=",
  ]);
  const prometheus = startProcess(programs.prometheus, [
    `--config.file=${join(directory, "prometheus.yaml")}`,
    `--storage.tsdb.path=${join(directory, "data")}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
  ]);
  const prometheusUrl = `http://127.0.0.1:${prometheusPort}`;
  for (const url of [prometheusUrl, `http://127.0.0.1:${alertmanagerPort}`])
    await eventually(async () => {
      if (!(await fetch(`${url}/-/ready`)).ok) throw new Error(`${url} is not ready`);
    }, 30_000);
  return {
    prometheusUrl,
    told,
    ask: (expr) => query<Series>(`${prometheusUrl}/api/v1/query`, { query: expr }),
    askRange: (expr, from, to, step) =>
      query<Range>(`${prometheusUrl}/api/v1/query_range`, {
        query: expr,
        start: String(from),
        end: String(to),
        step: String(step),
      }),
    async close() {
      await prometheus[Symbol.asyncDispose]();
      await alertmanager[Symbol.asyncDispose]();
      pager.closeAllConnections();
      pager.close();
    },
  };
}

async function note(request: IncomingMessage, told: Map<string, number>): Promise<void> {
  const { alerts } = JSON.parse(await text(request)) as Notice;
  for (const { status, labels } of alerts) {
    const name = labels["alertname"] ?? "";
    if (status === "firing" && !told.has(name)) told.set(name, Date.now());
  }
}

async function query<T>(url: string, fields: Record<string, string>): Promise<readonly T[]> {
  const response = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
  const { status, data, error } = (await response.json()) as {
    status: string;
    data: { result: readonly T[] };
    error?: string;
  };
  if (status !== "success") throw new Error(`${fields["query"]}: ${error}`);
  return data.result;
}
