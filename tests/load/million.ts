// A million customers from a generator, enqueued by one producer, or with --http sent through one request to
// an API; memory must stay flat, at both ends. Run by `npm run test:million`.

import { provideRedis } from "@postrider/cli/redis/provide-redis";
import { createProducer } from "@postrider/producer/producer";
import { sendOverHttp, startApiProcess } from "./over-http.ts";

const COUNT = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 1_000_000);
const IS_HTTP = process.argv.includes("--http");
const WARM_UP = COUNT / 10;
/** Allocator slack and code that was compiled late; a leak of 100 bytes a customer would be 90 MB. */
const GROWTH_MAX = 64 * 1_048_576;

function* customers() {
  for (let index = 0; index < COUNT; index++) {
    yield {
      id: `customer/${index}`,
      email: `customer-${index}@example.com`,
      name: `Customer "${index}"`,
      plan: index % 3 === 0 ? "gold" : "free",
    };
  }
}

function usedBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

const toMiB = (bytes: number): number => Math.round(bytes / 1_048_576);

/** Notes what each process holds at every tenth of the way. */
function createWatch() {
  const startedAt = Date.now();
  const baselines = new Map<string, number>();
  const growths = new Map<string, number>();
  let nextReport = WARM_UP;
  return {
    isDue: (soFar: number): boolean => soFar >= nextReport,
    note(soFar: number, used: Readonly<Record<string, number>>): void {
      nextReport = soFar + WARM_UP;
      for (const [name, bytes] of Object.entries(used)) {
        const baseline = baselines.get(name) ?? bytes;
        baselines.set(name, baseline);
        growths.set(name, Math.max(growths.get(name) ?? 0, bytes - baseline));
      }
      const rate = Math.round(soFar / ((Date.now() - startedAt) / 1_000));
      const memory = Object.entries(used).map(([name, bytes]) => `${name} ${toMiB(bytes)} MiB`);
      console.log(`${soFar} enqueued, ${rate}/s, memory: ${memory.join(", ")}`);
    },
    growths,
  };
}

const redis = await provideRedis({
  url: process.env["POSTRIDER_REDIS_URL"],
  say: console.log,
  path: process.env["PATH"] ?? "",
});
const producer = await createProducer({ redis: redis.url, backlogMax: 2 * COUNT });
const watch = createWatch();

async function byLibrary(): Promise<number> {
  const { enqueued } = await producer.enqueueMany({
    action: "million",
    customers: customers(),
    run: `million-${Date.now()}`,
    onProgress({ enqueued: soFar }) {
      if (watch.isDue(soFar)) watch.note(soFar, { producer: usedBytes() });
    },
  });
  return enqueued;
}

async function byHttp(): Promise<number> {
  const api = await startApiProcess({
    POSTRIDER_REDIS_URL: redis.url,
    POSTRIDER_BACKLOG_MAX: String(2 * COUNT),
  });
  let looking: Promise<void> = Promise.resolve();
  const look = async (soFar: number): Promise<void> => {
    const { bytes } = await api.look();
    watch.note(soFar, { client: usedBytes(), API: bytes });
  };
  try {
    const url = `${api.address}/v1/actions/million/deliveries?run=million-${Date.now()}`;
    const last = await sendOverHttp(url, customers(), ({ enqueued }) => {
      looking = looking.then(() => (watch.isDue(enqueued) ? look(enqueued) : undefined));
    });
    await looking;
    if (last.error !== undefined) console.log(`${last.error.code}: ${last.error.detail}`);
    return last.enqueued;
  } finally {
    await api.stop();
  }
}

let exitCode = 1;
try {
  await producer.actions.apply({ id: "million", url: "https://example.com/", body: "{{ customer }}" });
  const enqueued = await (IS_HTTP ? byHttp() : byLibrary());
  const grown = [...watch.growths].map(([name, bytes]) => `${name} by ${toMiB(bytes)} MiB`).join(", ");
  console.log(`${enqueued} enqueued; memory grew after the first ${WARM_UP}: ${grown}`);
  const isFlat = [...watch.growths.values()].every((bytes) => bytes <= GROWTH_MAX);
  exitCode = enqueued === COUNT && isFlat ? 0 : 1;
  if (exitCode === 1)
    console.log(`FAILED: expected ${COUNT} enqueued and at most ${toMiB(GROWTH_MAX)} MiB of growth`);
} finally {
  await producer.close();
  await redis.stop();
}
process.exitCode = exitCode;
