// How far an enqueue is: a bar with rate and time left on a terminal, a plain line every few seconds
// elsewhere.

import type { Writable } from "node:stream";
import type { Progress } from "@postrider/producer/enqueue/enqueue-many";
import { createBar, createLines } from "../bar.ts";
import { describeDuration } from "../readable.ts";

export interface ProgressOptions {
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly isQuiet: boolean;
  readonly file: { bytesRead(): number; readonly bytesTotal: number | null };
}

export interface ProgressView {
  update(progress: Progress): void;
  end(): void;
}

export function createProgress({ output, isQuiet, file }: ProgressOptions): ProgressView {
  if (isQuiet) return { update: () => undefined, end: () => undefined };
  return output.isTTY === true && file.bytesTotal !== null
    ? showBar(output, file, file.bytesTotal)
    : showLines(output);
}

function showBar(output: Writable, file: ProgressOptions["file"], bytesTotal: number): ProgressView {
  const bar = createBar(output, "{count} enqueued | {rate}/s | {left}");
  const startedAt = Date.now();
  bar.start(bytesTotal, 0, { count: 0, rate: 0, left: "" });
  return {
    update({ enqueued, duplicates, isPaused }) {
      const elapsedMs = Math.max(1, Date.now() - startedAt);
      const read = file.bytesRead();
      const left = isPaused
        ? "the lane is full; waiting for workers"
        : `${describeDuration((elapsedMs * (bytesTotal - read)) / Math.max(1, read))} left`;
      bar.update(read, {
        count: enqueued,
        rate: Math.round(((enqueued + duplicates) * 1_000) / elapsedMs),
        left,
      });
    },
    end: () => bar.stop(),
  };
}

function showLines(output: Writable): ProgressView {
  const startedAt = Date.now();
  const say = createLines(output);
  return {
    update({ enqueued, duplicates, isPaused }) {
      say(() => {
        const rate = Math.round(((enqueued + duplicates) * 1_000) / (Date.now() - startedAt));
        return `${enqueued} enqueued, ${duplicates} duplicates, ${rate}/s${isPaused ? "; the lane is full, waiting for workers" : ""}`;
      });
    },
    end: () => undefined,
  };
}
