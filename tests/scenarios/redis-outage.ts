// Redis goes away for a while and comes back with what it had: does every single worker consume again, and
// say meanwhile that it lives?

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { type ClusterNode, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { startFleet } from "../support/fleet.ts";
import { closedPort } from "../support/network.ts";
import { startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";

const HEALTH_POLL_MS = 250;

/** Each worker serves a lane of its own, so that no other one can hide that it has fallen silent. */
const LANES = ["one", "two", "three"] as const;

/** A Redis that can die and come back with what it had. */
export interface Mortal {
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type StartMortal = () => Promise<Mortal>;

export async function startMortalServer(): Promise<Mortal> {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-redis-"));
  const wanted = {
    binary: redisBinary(),
    directory,
    port: await closedPort(),
    appendFsync: "always",
  } as const;
  let server = await startRedisServer(wanted);
  return {
    url: server.url,
    kill: () => server.kill(),
    async restart() {
      server = await startRedisServer(wanted);
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** All of its servers die. */
export async function startMortalCluster(): Promise<Mortal> {
  const cluster = await startCluster({ replicas: 0, settings: ["--appendfsync", "always"] });
  const each = (work: (node: ClusterNode) => Promise<void>) => Promise.all(cluster.nodes.map(work));
  return {
    url: cluster.url,
    kill: async () => void (await each((node) => node.kill())),
    async restart() {
      await each((node) => node.restart());
      await cluster.untilSound();
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

/**
 * Kills Redis for so long under idle and busy workers, and checks that each consumes again within `backMs`,
 * by itself.
 */
export async function surviveOutage(start: StartMortal, seconds: number, backMs: number): Promise<void> {
  await using redis = await start();
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: redis.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redis.url, 0);
  const ports: number[] = [];
  for (const lane of LANES) {
    const port = await closedPort();
    ports.push(port);
    fleet.start({ POSTRIDER_LANES: lane, POSTRIDER_METRICS_PORT: String(port) });
  }
  await fleet.untilServing();
  const untilEach = async (prefix: string, limitMs?: number): Promise<void> => {
    const ids: string[] = [];
    for (const lane of LANES)
      ids.push((await producer.enqueue({ action: "a", customer: { id: `${prefix}${lane}` }, lane })).id);
    await eventually(async () => {
      for (const id of ids) expect(await producer.outcomes.get(id)).toMatchObject({ outcome: "delivered" });
    }, limitMs);
  };
  await untilEach("before");

  await using health = watchHealth(ports);
  await redis.kill();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  await redis.restart();
  // Of a Cluster the store and the shard are reached apart.
  await eventually(() => Promise.all([producer.runs.list(1), producer.actions.list()]), backMs);
  await untilEach("after", backMs);
  const answers = await health.end();
  expect(answers.length).toBeGreaterThan(LANES.length);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);

  expect(fleet.running).toHaveLength(LANES.length);
  await producer.close();
}

interface Answer {
  readonly status: number | "none";
  readonly body: string;
}

/**
 * Asks each worker all the time how it is: it must not be restarted for an outage that it gets over by
 * itself. Where the test ends early, the asking ends with it.
 */
function watchHealth(ports: readonly number[]): AsyncDisposable & { end(): Promise<readonly Answer[]> } {
  const answers: Answer[] = [];
  const ask = async (port: number): Promise<void> => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      answers.push({ status: response.status, body: await response.text() });
    } catch (error) {
      answers.push({ status: "none", body: String((error as Error).cause ?? error) });
    }
  };
  let asking = Promise.resolve();
  const timer = setInterval(() => {
    asking = asking.then(async () => void (await Promise.all(ports.map(ask))));
  }, HEALTH_POLL_MS);
  const end = async (): Promise<readonly Answer[]> => {
    clearInterval(timer);
    await asking;
    return answers;
  };
  return { end, [Symbol.asyncDispose]: async () => void (await end()) };
}
