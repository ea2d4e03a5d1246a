// What the capacity planner has to know, beyond what a delivery costs at full speed: the cost at lower rates,
// by the size of a customer, and of a request that is refused.

import { readCurve } from "@postrider/cli/plan/plan-costs";
import type { Bench } from "./measure.ts";
import { measureWaiting, type Paced, startPaced } from "./paced.ts";

/** One round; CPU time in µs. */
export interface PlanCosts {
  /** CPU time per second of one process, and of Redis for it, by deliveries per second. */
  readonly paced: readonly {
    readonly perSecond: number;
    readonly nodeMicros: number;
    readonly redisMicros: number;
    readonly redisReadBytes: number;
    readonly redisWrittenBytes: number;
  }[];
  /** More for each KB of customer. */
  readonly nodeMicrosPerKilobyte: number;
  readonly redisMicrosPerKilobyte: number;
  readonly redisReadBytesPerByte: number;
  readonly redisWrittenBytesPerByte: number;
  /** For each request that is refused and comes again, beyond what an attempt costs. */
  readonly nodeMicrosPerRefusal: number;
  readonly redisMicrosPerRefusal: number;
  readonly redisReadBytesPerRefusal: number;
  readonly redisWrittenBytesPerRefusal: number;
  /** Of a request beside its customer's data, headers included, and of its answer. */
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** What a waiting delivery takes up in Redis, by bytes of customer. */
  readonly waiting: readonly { readonly payloadBytes: number; readonly bytes: number }[];
  /** Of each shard that a process serves beyond the first: its deliveries come in groups of their own. */
  readonly nodeMicrosPerShard: number;
  readonly redisMicrosPerShard: number;
  readonly redisReadBytesPerShard: number;
  readonly redisWrittenBytesPerShard: number;
  /** Connections to Redis of a process that serves two shared lanes. */
  readonly redisConnections: number;
}

const SMALL = 200;
/** So large that what its bytes cost stands out of what the same costs from one time to the next. */
const LARGE = 64_000;
const RATES = [100, 300, 1_000, 2_500];
/** At which sizes are compared: large ones must not fill what the machine can move. */
const COMPARED = 300;
/** At which requests are refused: few at a time cost more, as all that comes alone. */
const REFUSING = 1_000;
const REFUSED = 0.15;
const FOR_MS = 8_000;
/** At which one shard is compared with many. */
const SHARDED = 1_000;
const SHARDS = 16;
const WARM_UP = { ratePerSecond: 2_000, forMs: 6_000 };
const WAITING_SIZES = [SMALL, 1_000, 4_000, 16_000];
const WAITING_COUNT = 3_000;

export async function measurePlanCosts(bench: Bench): Promise<PlanCosts> {
  const sharded = await measureSharded(bench);
  const underLoad = await measureUnderLoad(bench, sharded);
  return { ...underLoad, waiting: await measureAllWaiting(bench) };
}

/**
 * As receivers are: answers that take their time come one by one, and not as they were asked for, so that
 * fewer are recorded at once.
 */
const LATENCY_MS = 50;
/** Twice what is in flight then at the highest rate. */
const CONCURRENCY = 250;
const PLAIN = { latencyMs: LATENCY_MS, payloadBytes: SMALL, failures: 0, forMs: FOR_MS };

async function measureSharded(bench: Bench): Promise<Paced> {
  const workers = await startPaced(bench, { processes: 1, concurrency: CONCURRENCY, shards: SHARDS });
  try {
    await workers.measure({ ...PLAIN, ...WARM_UP });
    return await workers.measure({ ...PLAIN, ratePerSecond: SHARDED });
  } finally {
    await workers.close();
  }
}

async function measureUnderLoad(bench: Bench, sharded: Paced): Promise<Omit<PlanCosts, "waiting">> {
  const workers = await startPaced(bench, { processes: 1, concurrency: CONCURRENCY });
  try {
    await workers.measure({ ...PLAIN, ...WARM_UP });
    const idle = await workers.measureIdle(FOR_MS / 2);
    const measured = new Map<number, Paced>();
    for (const ratePerSecond of RATES)
      measured.set(ratePerSecond, await workers.measure({ ...PLAIN, ratePerSecond }));
    const base = measured.get(COMPARED) as Paced;
    // Before and after, since a machine changes its speed.
    const small = () => workers.measure({ ...PLAIN, ratePerSecond: COMPARED });
    const before = await small();
    const large = await workers.measure({ ...PLAIN, ratePerSecond: COMPARED, payloadBytes: LARGE });
    const after = await small();
    const refusing = await workers.measure({ ...PLAIN, ratePerSecond: REFUSING, failures: REFUSED });
    const paced = [
      { perSecond: 0, ...idle, redisReadBytes: 0, redisWrittenBytes: 0 },
      ...[...measured.values()].map(toPoint),
    ];
    return {
      paced,
      ...compareSizes([before, after], large),
      ...compareRefusals(paced, refusing),
      requestBytes: base.report.receiver.requestBytes / base.report.count - SMALL,
      answerBytes: base.report.receiver.answerBytes / base.report.count,
      ...compareShards(measured.get(SHARDED) as Paced, sharded),
      redisConnections: base.redisConnections,
    };
  } finally {
    await workers.close();
  }
}

/** Without workers. */
async function measureAllWaiting(bench: Bench): Promise<PlanCosts["waiting"]> {
  const waiting: { payloadBytes: number; bytes: number }[] = [];
  for (const payloadBytes of WAITING_SIZES)
    waiting.push({
      payloadBytes,
      bytes: await measureWaiting(bench, { payloadBytes, count: WAITING_COUNT }),
    });
  return waiting;
}

function toPoint({ report, ...rates }: Paced): PlanCosts["paced"][number] {
  const { nodeMicros, redisMicros, redisReadBytes, redisWrittenBytes } = rates;
  return {
    perSecond: (report.count * 1_000) / report.tookMs,
    nodeMicros,
    redisMicros,
    redisReadBytes,
    redisWrittenBytes,
  };
}

type Rate = "nodeMicros" | "redisMicros" | "redisReadBytes" | "redisWrittenBytes";

/** Per second of the load, also where its end came late. */
function overLoad(paced: Paced, name: Rate): number {
  return (paced[name] * paced.report.tookMs) / FOR_MS;
}

/** Of a process that served all of them. */
function compareShards(base: Paced, sharded: Paced) {
  const perShard = (name: Rate): number =>
    Math.max(0, (overLoad(sharded, name) - overLoad(base, name)) / (SHARDS - 1));
  return {
    nodeMicrosPerShard: perShard("nodeMicros"),
    redisMicrosPerShard: perShard("redisMicros"),
    redisReadBytesPerShard: perShard("redisReadBytes"),
    redisWrittenBytesPerShard: perShard("redisWrittenBytes"),
  };
}

type Costs = ReturnType<typeof perDelivery>;

/** Per delivery. */
function perDelivery({ report, ...rates }: Paced) {
  const seconds = report.tookMs / 1_000 / report.count;
  return {
    node: rates.nodeMicros * seconds,
    redis: rates.redisMicros * seconds,
    read: rates.redisReadBytes * seconds,
    written: rates.redisWrittenBytes * seconds,
  };
}

function compareSizes(bases: readonly Paced[], large: Paced) {
  const [big, ...smalls] = [large, ...bases].map(perDelivery) as [Costs, ...Costs[]];
  const more = (name: keyof Costs): number =>
    big[name] - smalls.reduce((sum, costs) => sum + costs[name], 0) / smalls.length;
  const kilobytes = (LARGE - SMALL) / 1_000;
  return {
    nodeMicrosPerKilobyte: Math.max(0, more("node") / kilobytes),
    redisMicrosPerKilobyte: Math.max(0, more("redis") / kilobytes),
    redisReadBytesPerByte: more("read") / (LARGE - SMALL),
    redisWrittenBytesPerByte: more("written") / (LARGE - SMALL),
  };
}

/** Beyond as many attempts of which none is refused, and the wait for the last ones to come again. */
function compareRefusals(paced: PlanCosts["paced"], refusing: Paced) {
  const { count, refused, tookMs } = refusing.report;
  const activeSeconds = FOR_MS / 1_000;
  const idleSeconds = tookMs / 1_000 - activeSeconds;
  const attempts = (count + refused) / activeSeconds;
  const surcharge = (name: Rate): number => {
    const curve = paced.map((point) => [point.perSecond, point[name]] as const);
    const expected = readCurve(curve, attempts) * activeSeconds + readCurve(curve, 0) * idleSeconds;
    return (refusing[name] * (tookMs / 1_000) - expected) / refused;
  };
  return {
    nodeMicrosPerRefusal: surcharge("nodeMicros"),
    redisMicrosPerRefusal: surcharge("redisMicros"),
    redisReadBytesPerRefusal: surcharge("redisReadBytes"),
    redisWrittenBytesPerRefusal: surcharge("redisWrittenBytes"),
  };
}
