// A task: mass work that goes on by itself, for as long as it takes, whichever process carries it out.

import type { StoredTask } from "@postrider/redis/stored-tasks";
import type { DeliveryFilter, FilterDocument } from "@postrider/shared/delivery-filter";
import type { ErrorCode } from "@postrider/shared/error-codes";
import type { Problem } from "@postrider/shared/errors";

export const TASK_KINDS = ["replay", "purge", "cancel"] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Per second. A lower one would wait for longer than a timer can. */
export const TASK_RATE_MIN = 0.001;
export const TASK_RATE_MAX = 100_000;
/** Slow enough for a destination that has just come back, unless the caller knows better. */
export const REPLAYS_PER_SECOND = 100;

/** What is to be done. */
export interface TaskOrder {
  readonly do: TaskKind;
  /** Which dead letters, or which deliveries that wait; `{}`: all. */
  readonly filter: DeliveryFilter;
  /** At most so many a second. A replay's is 100 unless given; the others are as fast as they go. */
  readonly ratePerSecond?: number | undefined;
  /** Whether a replay is with the latest version of each action. */
  readonly presentVersion?: boolean | undefined;
  /** Whether a replay is with a new Idempotency-Key. */
  readonly newKey?: boolean | undefined;
}

/** As it is kept. */
export interface StoredOrder extends TaskOrder {
  readonly filter: FilterDocument;
}

export const TASK_STATES = ["queued", "running", "done", "stopped", "failed"] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** How far a task is. */
export interface TaskProgress {
  /** By result, as replays, purges and cancels count. */
  readonly counts: Readonly<Record<string, number>>;
  /** Dead letters, or deliveries that wait, that were looked at. */
  readonly looked: number;
  /** How many of them there were when it began; null before it has. */
  readonly of: number | null;
}

export interface Task extends StoredOrder, TaskProgress {
  readonly id: string;
  readonly state: TaskState;
  /** It was told to stop, and is about to. */
  readonly isStopping: boolean;
  /** Who began it. */
  readonly by: string;
  /** Unix ms, as all times. */
  readonly createdAt: number;
  /** When it was carried out first. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Why it failed. */
  readonly error: TaskError | null;
}

export interface TaskError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly problems: readonly Problem[];
}

/** Progress with where it goes on. */
export interface TaskPlace extends TaskProgress {
  readonly after: string | null;
}

export const BEGINNING: TaskPlace = { counts: {}, looked: 0, of: null, after: null };

export function toTask(stored: StoredTask): Task {
  const { id, order, progress, state = "queued", isStopping, by = "", error } = stored;
  const { counts, looked, of } = parsePlace(progress);
  const toTime = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  return {
    id,
    ...(JSON.parse(order ?? "{}") as StoredOrder),
    state: state as TaskState,
    isStopping: isStopping !== undefined && (state === "queued" || state === "running"),
    by,
    createdAt: Number(stored["createdAt"]),
    startedAt: toTime(stored["startedAt"]),
    endedAt: toTime(stored["endedAt"]),
    counts,
    looked,
    of,
    error: error === undefined ? null : (JSON.parse(error) as TaskError),
  };
}

export function parsePlace(progress: string | undefined): TaskPlace {
  return progress === undefined || progress === "" ? BEGINNING : (JSON.parse(progress) as TaskPlace);
}
