// One point of a curve: a worker process of its own on an emptied Redis, warmed up by deliveries of the same
// kind, and CPU times read from outside while what was enqueued is delivered.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { toWorker } from "../cases/postrider.ts";
import { type Child, cpuMicros, startChild } from "../child.ts";
import type { Bench } from "../measure.ts";
import type { CurvePoint, PointSetting } from "./axes.ts";
import { type CurveDeliveries, createCurveDeliveries, inGroups, limit } from "./curve-deliveries.ts";
import { type CurveReceiver, startCurveReceiver } from "./curve-receiver.ts";

/** Below this, deliveries are enqueued and delivered in turns, until enough were measured. */
const IN_TURNS_BELOW = 1_000;
const STUCK_MS = 60_000;
/** Looking at the receiver costs neither Redis nor worker anything. */
const POLL_MS = 2;
/** What is recorded after the last answer. */
const SETTLE_MS = 300;

interface Spent {
  readonly node: number;
  readonly redis: number;
  readonly bytes: number;
  readonly at: number;
}

/** @throws when the worker ends or gets stuck, and where a delivery is lost or doubled. */
export async function measurePoint(bench: Bench, at: number, setting: PointSetting): Promise<CurvePoint> {
  const { world, lane } = bench;
  await lane.clear();
  const receiver = await startCurveReceiver(setting);
  const producer = await createProducer({ redis: world.redisUrl, backlogMax: 2 * setting.backlog + 10_000 });
  const deliveries = createCurveDeliveries(producer, setting, receiver.port);
  let worker: Child | undefined;
  try {
    await deliveries.prepare();
    worker = startWorker(bench, setting.inFlight);
    await deliver({ deliveries, receiver, worker }, 0, setting.warmUp);
    const measured = await measureDelivering(bench, { deliveries, receiver, worker }, setting);
    return { at, ...measured };
  } finally {
    await worker?.stop();
    await producer.close();
    await receiver.close();
  }
}

function startWorker({ world, folder }: Bench, inFlight: number): Child {
  const { command, env = {} } = toWorker(
    { redisUrl: world.redisUrl, concurrency: inFlight },
    {
      POSTRIDER_IN_FLIGHT_MAX: String(Math.max(1_000, inFlight)),
      // Otherwise slow answers of one destination are waited for by those that have no connection.
      POSTRIDER_CONNECTIONS_PER_DESTINATION: String(Math.max(100, inFlight)),
    },
  );
  return startChild(command, { env, log: join(folder, "curve.log") });
}

interface Parts {
  readonly deliveries: CurveDeliveries;
  readonly receiver: CurveReceiver;
  readonly worker: Child;
}

async function deliver({ deliveries, receiver, worker }: Parts, first: number, count: number): Promise<void> {
  receiver.expect(first, count);
  await deliveries.enqueue(first, count);
  await untilAccepted(receiver, worker, count);
  await sleep(SETTLE_MS);
}

async function measureDelivering(
  bench: Bench,
  parts: Parts,
  { backlog, measured, warmUp }: PointSetting,
): Promise<Omit<CurvePoint, "at">> {
  const { lane } = bench;
  const { receiver, worker } = parts;
  const spent = () => readSpent(bench, worker);
  const turns = backlog < IN_TURNS_BELOW ? Math.ceil(measured / backlog) : 1;
  const wanted = turns === 1 ? measured : turns * backlog;
  receiver.expect(warmUp, turns * backlog);
  const enqueued = turns === 1 ? await enqueueFirst(bench, parts, { backlog, first: warmUp }) : NOTHING;
  const before = await spent();
  if (turns === 1) await lane.resume();
  else await takeTurns(parts, turns, { backlog, first: warmUp });
  await untilAccepted(receiver, worker, wanted);
  const seconds = (performance.now() - before.at) / 1_000;
  if (wanted === turns * backlog) await sleep(SETTLE_MS);
  const after = await spent();
  const count = receiver.accepted();
  if (receiver.doubled() > 0) throw new Error(`of ${count} deliveries ${receiver.doubled()} came twice`);
  return {
    nodeMicros: (after.node - before.node) / count,
    redisMicros: (after.redis - before.redis) / count + enqueued.redisMicros,
    perSecond: count / seconds,
    redisBytes: (after.bytes - before.bytes) / count + enqueued.redisBytes,
  };
}

const NOTHING = { redisMicros: 0, redisBytes: 0 };

interface Turn {
  readonly backlog: number;
  readonly first: number;
}

/** While the lane is paused. @returns what that costs Redis, by delivery. */
async function enqueueFirst(
  bench: Bench,
  { deliveries, worker }: Parts,
  { backlog, first }: Turn,
): Promise<typeof NOTHING> {
  await bench.lane.pause();
  const before = await readSpent(bench, worker);
  await deliveries.enqueue(first, backlog);
  const after = await readSpent(bench, worker);
  return {
    redisMicros: (after.redis - before.redis) / backlog,
    redisBytes: (after.bytes - before.bytes) / backlog,
  };
}

async function takeTurns(
  { deliveries, receiver, worker }: Parts,
  turns: number,
  { backlog, first }: Turn,
): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    await deliveries.enqueue(first + turn * backlog, backlog);
    await untilAccepted(receiver, worker, (turn + 1) * backlog);
  }
}

/** @throws when the worker ends or gets stuck. */
export async function untilAccepted(receiver: CurveReceiver, worker: Child, wanted: number): Promise<void> {
  let before = receiver.accepted();
  let progressAt = performance.now();
  while (receiver.accepted() < wanted) {
    await Promise.race([sleep(POLL_MS), worker.failure]);
    const now = performance.now();
    if (receiver.accepted() > before) progressAt = now;
    before = receiver.accepted();
    if (now - progressAt > STUCK_MS)
      throw new Error(`${wanted - before} of ${wanted} deliveries did not come; none did for ${STUCK_MS} ms`);
  }
}

async function readSpent({ lane }: Bench, worker: Child): Promise<Spent> {
  const [node, redis, network] = await Promise.all([
    cpuMicros(worker),
    lane.cpuMicros(),
    lane.networkBytes(),
  ]);
  return { node, redis, bytes: network.read + network.written, at: performance.now() };
}

/** Until a worker has begun all that it does now and then. */
const IDLE_WARM_UP_MS = 8_000;
/** A whole number of what is done once in ten seconds. */
const IDLE_MS = 20_000;
const LIMITED_AT_ONCE = 200;
/** No request is ever sent there. */
const IDLE_PORT = 9;

/** A worker with so many own lanes, none of which has anything to do. @param share of the time. */
export async function measureIdle(bench: Bench, lanes: number, share: number): Promise<CurvePoint> {
  const { world, lane } = bench;
  await lane.clear();
  const producer: Producer = await createProducer({ redis: world.redisUrl });
  let worker: Child | undefined;
  try {
    await inGroups(lanes, LIMITED_AT_ONCE, (index) => limit(producer, index, IDLE_PORT));
    // A producer looks at the registry, too.
    await producer.close();
    worker = startWorker(bench, world.concurrency);
    await Promise.race([sleep(IDLE_WARM_UP_MS), worker.failure]);
    const before = await readSpent(bench, worker);
    await Promise.race([sleep(IDLE_MS * share), worker.failure]);
    const after = await readSpent(bench, worker);
    const seconds = (after.at - before.at) / 1_000;
    return {
      at: lanes,
      nodeMicros: (after.node - before.node) / seconds,
      redisMicros: (after.redis - before.redis) / seconds,
      redisBytes: (after.bytes - before.bytes) / seconds,
    };
  } finally {
    await worker?.stop();
    await producer.close().catch(() => undefined);
  }
}
