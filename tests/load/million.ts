// A million customers from a generator, enqueued by one producer, whose memory must stay flat. Run by `npm
// run test:million`.

import { provideRedis } from "@postrider/cli/redis/provide-redis";
import { createProducer } from "@postrider/producer/producer";

const COUNT = Number(process.argv[2] ?? 1_000_000);
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

const redis = await provideRedis({
  url: process.env["POSTRIDER_REDIS_URL"],
  say: console.log,
  path: process.env["PATH"] ?? "",
});
const producer = await createProducer({ redis: redis.url, backlogMax: 2 * COUNT });
let exitCode = 1;
try {
  await producer.actions.apply({ id: "million", url: "https://example.com/", body: "{{ customer }}" });
  let baseline = 0;
  let peak = 0;
  let nextReport = WARM_UP;
  const startedAt = Date.now();
  const { enqueued } = await producer.enqueueMany({
    action: "million",
    customers: customers(),
    run: `million-${startedAt}`,
    onProgress({ enqueued: soFar }) {
      if (soFar < nextReport) return;
      nextReport += WARM_UP;
      const used = usedBytes();
      if (baseline === 0) baseline = used;
      peak = Math.max(peak, used);
      console.log(
        `${soFar} enqueued, ${Math.round(soFar / ((Date.now() - startedAt) / 1_000))}/s, memory ${Math.round(used / 1_048_576)} MiB`,
      );
    },
  });
  const growth = peak - baseline;
  console.log(
    `${enqueued} enqueued; memory grew by ${Math.round(growth / 1_048_576)} MiB after the first ${WARM_UP}`,
  );
  exitCode = enqueued === COUNT && growth <= GROWTH_MAX ? 0 : 1;
  if (exitCode === 1)
    console.log(`FAILED: expected ${COUNT} enqueued and at most ${GROWTH_MAX / 1_048_576} MiB of growth`);
} finally {
  await producer.close();
  await redis.stop();
}
process.exitCode = exitCode;
