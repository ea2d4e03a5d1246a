// Readers of outcomes that are killed and follow each other, in one group: real processes, whose lines are
// what a sender would have got.

import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type StartedProcess, startPostrider } from "../support/processes.ts";

interface Told {
  readonly id: string;
  readonly outcome: string;
  /** What the line says of the outcome, but for the cursor: that tells of all shards, and not of this one. */
  readonly content: string;
}

export interface OutcomeReaders {
  /** Kills the one that reads; another one takes over when its right has run out. */
  kill(): void;
  /** Waits until so many outcomes were read, and checks them: each delivery ended once, as the runs count. */
  settle(counts: Readonly<Record<string, number>>, limitMs: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param redisUrl of a Redis that may go away now and then. */
export function startOutcomeReaders(redisUrl: string): OutcomeReaders {
  const lines: string[] = [];
  let reader: StartedProcess;
  let isOver = false;
  const readOn = async (): Promise<void> => {
    while (!isOver) {
      reader = startPostrider(["outcomes", "tail", "--group", "soak", "--start", "oldest", "--json"], {
        POSTRIDER_REDIS_URL: redisUrl,
      });
      const { code, signal } = await reader.exited;
      // Where Redis is away when it starts it says so; killed half-way through a line, that comes again.
      if (signal === null && code !== 0) expect(reader.stderr).toMatch(/redis_unavailable|interrupted/);
      lines.push(...reader.stdout.slice(0, reader.stdout.lastIndexOf("\n") + 1).split("\n"));
      await setTimeout(100);
    }
  };
  const reading = readOn();
  const read = (): Told[] =>
    [...lines, ...reader.stdout.slice(0, reader.stdout.lastIndexOf("\n") + 1).split("\n")]
      .filter((line) => line !== "")
      .map((line) => {
        const { cursor: _, ...told } = JSON.parse(line) as { cursor: string; id: string; outcome: string };
        return { id: told.id, outcome: told.outcome, content: JSON.stringify(told) };
      });
  return {
    kill: () => reader.kill("SIGKILL"),
    async settle(counts, limitMs) {
      const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const told = await eventually(() => {
        const byContent = new Map(read().map((one) => [one.content, one]));
        expect(byContent.size).toBeGreaterThanOrEqual(all);
        return byContent;
      }, limitMs);
      const byOutcome: Record<string, number> = {};
      for (const { outcome } of told.values()) byOutcome[outcome] = (byOutcome[outcome] ?? 0) + 1;
      expect(byOutcome).toEqual(counts);
      expect(new Set([...told.values()].map(({ id }) => id)).size).toBe(all);
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      reader.kill("SIGKILL");
      await reading;
    },
  };
}
