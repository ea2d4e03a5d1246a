// The questions of an incident, asked of a worker and an API that have something to tell.

import { expect, test } from "vitest";
import { type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { checkMetrics, providePromtool } from "../support/promtool.ts";
import { ok, reply } from "../support/receiver.ts";
import { customers, type System, startSystem } from "../support/system.ts";

const promtool = providePromtool();

type Series = ReadonlyMap<string, number>;

async function read(url: string): Promise<{ page: string; series: Series }> {
  const page = await (await fetch(`${url}/metrics`)).text();
  const series = page
    .split("\n")
    .filter((line) => line.startsWith("postrider_"))
    .map(
      (line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))] as const,
    );
  return { page, series: new Map(series) };
}

/** What every page has before anything has happened, in the worker's names of labels. */
const FROM_THE_FIRST = [
  'postrider_first_attempt_delay_seconds_bucket{le="5",lane="transactional"}',
  'postrider_action_deliveries_total{action="other",outcome="delivered"}',
  'postrider_attempt_phase_duration_seconds_count{phase="first_byte"}',
  'postrider_destination_attempts_total{destination="other",status_class="429",fault=""}',
  'postrider_compose_failures_total{reason="value_missing"}',
  'postrider_connections_used_total{connection="reused"}',
  "postrider_compose_duration_seconds_count",
  "postrider_log_lines_left_out_total",
];

async function enqueueOne(api: RunningApi, action: string, key: string): Promise<void> {
  const body = { action, customer: { id: key }, key };
  expect((await api.request("POST", "/v1/deliveries", { body })).status).toBe(202);
}

/** 429 once to whoever says so, then all is well. */
function startTroubled(): Promise<System> {
  return startSystem(({ path }, { nth }) =>
    path.startsWith("/limited") && nth === 1 ? reply(429, { "retry-after": "1" }) : ok(),
  );
}

test("a worker and an API tell what flows, how late, and who is to blame", async () => {
  await using system = await startTroubled();
  await using api = await startApi({ POSTRIDER_REDIS_URL: system.redisUrl });
  const worker = await system.startWorker();
  const workerUrl = `http://127.0.0.1:${worker.metricsPort}`;
  const { series: first } = await read(workerUrl);
  for (const name of FROM_THE_FIRST) expect(first.get(name), name).toBe(0);

  await system.apply({ id: "a" });
  await system.apply({ id: "bad", body: "{{ customer.nothing }}" });
  await system.apply({
    id: "limited",
    url: `${system.receiver.url}/limited`,
    limits: { ratePerSecond: 500 },
  });
  await api.producer.enqueueMany({ action: "limited", customers: customers(3), run: "r", open: true });
  for (const [action, key] of [
    ["a", "one"],
    ["a", "one"],
    ["bad", "two"],
  ] as const)
    await enqueueOne(api, action, key);
  await system.untilEnded("r");

  const { page, series } = await eventually(async () => {
    const now = await read(workerUrl);
    expect(now.series.get('postrider_action_deliveries_total{action="bad",outcome="failed"}')).toBe(1);
    expect(now.series.get('postrider_action_deliveries_total{action="a",outcome="delivered"}')).toBe(1);
    expect(now.series.get('postrider_runs{state="running"}')).toBe(1);
    expect(now.series.get("postrider_ledger_ended_total")).toBe(5);
    return now;
  });
  const destination = new URL(system.receiver.url).origin;
  const of = (labels: string) => series.get(`postrider_destination_attempts_total{destination=${labels}}`);
  // Each was limited once and delivered then; only the first of these attempts is a first one.
  expect(of(`"${destination}",status_class="429",fault=""`)).toBe(3);
  const begun = ["transactional", "bulk", "destination", "run", "retries"].map(
    (lane) => series.get(`postrider_first_attempt_delay_seconds_count{lane="${lane}"}`) ?? 0,
  );
  expect(begun.reduce((sum, count) => sum + count)).toBe(5);
  expect(series.get('postrider_compose_failures_total{reason="value_missing"}')).toBe(1);
  expect(series.get('postrider_attempt_phase_duration_seconds_count{phase="first_byte"}')).toBe(7);
  expect(series.get('postrider_connections_used_total{connection="opened"}')).toBeGreaterThanOrEqual(1);
  expect(series.get("postrider_redis_up")).toBe(1);
  expect(series.get("postrider_redis_memory_used_bytes")).toBeGreaterThan(1_000_000);
  expect(series.get("postrider_redis_may_evict")).toBe(0);
  if (promtool !== null) expect(await checkMetrics(promtool, page)).toEqual({ code: 0, said: "" });

  const { page: apiPage, series: ofApi } = await read(api.url);
  const entered = [...ofApi].filter(([name]) => name.startsWith("postrider_enqueued_total{"));
  expect(entered.reduce((sum, [, enqueued]) => sum + enqueued, 0)).toBe(5);
  expect(ofApi.get("postrider_duplicates_total")).toBe(1);
  expect(ofApi.get("postrider_workers")).toBe(1);
  expect(ofApi.get('postrider_lane_waiting{lane="bulk"}')).toBe(0);
  if (promtool !== null) expect(await checkMetrics(promtool, apiPage)).toEqual({ code: 0, said: "" });

  // That there is no worker any more can only be told by somebody else.
  await worker.close();
  await eventually(async () => expect((await read(api.url)).series.get("postrider_workers")).toBe(0));
});

test("the log tells which request has enqueued which delivery, and which run", async () => {
  await using api = await startApi();
  await api.producer.actions.apply({ id: "a", url: "https://api.example.com/x" });
  const order = (id: string) => ({ action: "a", customer: { id } });
  const headers = (id: string) => ({ headers: { "x-request-id": id } });
  const one = await api.request("POST", "/v1/deliveries", { body: order("c"), ...headers("one") });
  const many = Array.from({ length: 250 }, (_, nth) => order(`c${nth}`));
  const list = await api.request("POST", "/v1/deliveries", { body: many, ...headers("list") });
  await api.request("POST", "/v1/actions/a/deliveries?run=r", {
    body: '{"id":"c"}\n',
    headers: { "content-type": "application/x-ndjson", "x-request-id": "stream" },
  });
  const of = (id: string, msg: string) =>
    api.logged.filter((line) => line["requestId"] === id && line["msg"] === msg);
  await eventually(() => {
    expect(of("one", "request")).toEqual([expect.objectContaining({ deliveryId: one.json.ids[0] })]);
    expect(of("list", "request")).toEqual([expect.objectContaining({ enqueued: 250, duplicates: 0 })]);
    expect(of("stream", "request")).toEqual([expect.objectContaining({ run: "r" })]);
  });
  expect(of("list", "enqueued").flatMap((line) => line["deliveryIds"])).toEqual(list.json.ids);
});
