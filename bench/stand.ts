// What a measurement stands on: a Redis and a sink of its own, which are gone when it ends, however that
// comes.

import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provideRedis } from "@postrider/cli/redis/provide-redis";
import { stopChildren } from "./child.ts";
import { openLane } from "./lane.ts";
import type { Bench } from "./measure.ts";
import { startSink } from "./sink.ts";

/** What was started, to be stopped in the reverse order. */
const closers: (() => Promise<unknown>)[] = [];

/** @param say is told what goes on. */
export async function openStand(concurrency: number, say: (line: string) => void): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "postrider-bench-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const redis = await provideRedis({ url: undefined, say, path: process.env["PATH"] ?? "" });
  closers.push(() => redis.stop());
  const lane = await openLane(redis.url);
  closers.push(() => lane.close());
  closers.push(stopChildren);
  const sink = await startSink(join(folder, "sink"), say);
  const world = { redisUrl: redis.url, sinkUrl: sink.url, concurrency };
  return { world, lane, sink, folder };
}

/** Carries out a measurement as this process's only work. @param name of the command, before its errors. */
export async function measureAlone(name: string, work: () => Promise<void>): Promise<void> {
  let isInterrupted = false;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.once(signal, () => {
      isInterrupted = true;
      void closeAll().finally(() => process.exit(code));
    });
  }
  try {
    await work();
  } catch (error) {
    // What was pulled from under a round by an interrupt is no news.
    if (!isInterrupted) console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    await closeAll();
  }
}

/** CPU times come from there. */
export function checkSystem(): void {
  if (!existsSync("/proc/self/stat"))
    throw new Error("CPU times are read from /proc, so this runs on Linux only");
}

async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}
