// A task in this process's hands: its lease is renewed for as long as it is carried out, what has been done
// is told to those who look and to whoever takes it over, and the work stops when it has to.

import { randomUUID } from "node:crypto";
import { parsePlace, type TaskError, type TaskPlace } from "@postrider/producer/tasks/task";
import { type ClaimedTask, claimTask } from "@postrider/redis/scripts/claim-task";
import { reportTask } from "@postrider/redis/scripts/report-task";
import type { Store } from "@postrider/redis/shard";

/** A process that shows no sign of life for so long has lost its tasks. */
const LEASE_MS = 10_000;
/** Three may fail; and who wants a slow task to stop waits no longer. */
const BEAT_MS = 2_000;

/** `asked`: by somebody; `closing`: this process ends; `lost`: another one has the task, or may have it. */
export type StopCause = "asked" | "closing" | "lost";

export interface Hold {
  readonly id: string;
  /** JSON. */
  readonly order: string;
  /** How long the work must wait before it begins, so that its rate is kept over take-overs. */
  readonly waitMs: number;
  /** Where it goes on. */
  readonly start: TaskPlace;
  readonly signal: AbortSignal;
  /** Null as long as nothing stops it. */
  readonly cause: StopCause | null;
  /** Remembers how far it is; it is told with the next step or sign of life. */
  note(place: TaskPlace): void;
  /** Tells that a step begins. @param paceMs after which the next one may. @throws `redis_unavailable`. */
  step(paceMs: number): Promise<void>;
  stop(cause: StopCause): void;
  /**
   * Ends it, or hands it back. @returns false where another one has it by now. @throws `redis_unavailable`.
   */
  end(state: "queued" | "done" | "stopped" | "failed", error?: TaskError): Promise<boolean>;
  /** Lets go of it without a word: its lease runs out. */
  drop(): void;
}

/** Takes a task that nobody holds; null where there is none. @throws `redis_unavailable`. */
export async function takeTask(store: Store, kinds: readonly string[]): Promise<Hold | null> {
  const holder = randomUUID();
  const claimed = await claimTask(store, { holder, leaseMs: LEASE_MS, kinds });
  return claimed === null ? null : createHold(store, holder, claimed);
}

function createHold(store: Store, holder: string, { id, order, waitMs, progress }: ClaimedTask): Hold {
  const start = parsePlace(progress);
  const controller = new AbortController();
  let place = start;
  let cause: StopCause | null = null;
  let heldAt = performance.now();

  const stop = (why: StopCause): void => {
    cause ??= why;
    controller.abort(why);
  };
  const tell = async (paceMs: number | null): Promise<void> => {
    const sentAt = performance.now();
    const report = { id, holder, progress: JSON.stringify(place), leaseMs: LEASE_MS, paceMs };
    const told = await reportTask(store, { ...report, state: "running" });
    if (told === "lost") return stop("lost");
    heldAt = sentAt;
    if (told === "stop") stop("asked");
  };
  const beat = setInterval(() => {
    // Redis may be away: as long as the lease runs, nobody else has the task.
    tell(null).catch(() => {
      if (performance.now() - heldAt > LEASE_MS) stop("lost");
    });
  }, BEAT_MS);
  return {
    id,
    order,
    waitMs,
    start,
    signal: controller.signal,
    get cause() {
      return cause;
    },
    note(now) {
      place = now;
    },
    step: tell,
    stop,
    async end(state, error) {
      clearInterval(beat);
      const report = { id, holder, progress: JSON.stringify(place), leaseMs: LEASE_MS, paceMs: null, state };
      const detail = error !== undefined && { error: JSON.stringify(error) };
      return (await reportTask(store, { ...report, ...detail })) !== "lost";
    },
    drop: () => clearInterval(beat),
  };
}
