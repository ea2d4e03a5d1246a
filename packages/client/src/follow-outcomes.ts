// Outcomes as they come, over cut connections and restarts of the API: as server-sent events behind a cursor,
// or page by page for a group, whose place the API keeps.

import { parseExact } from "@postrider/shared/exact-json";
import { readAnswerLines } from "./answer-lines.ts";
import { ApiError } from "./api-error.ts";
import { type Call, toPath } from "./call.ts";
import { readEvents } from "./event-stream.ts";
import { OPERATIONS, type Operations } from "./generated.ts";
import { type Access, exchange, toThrown } from "./http-exchange.ts";
import { pause, toPauseMs } from "./insist.ts";

/** An outcome, and the cursor of the place behind it. */
export type OutcomeTold = Operations["listOutcomes"]["reply"]["outcomes"][number];

export interface FollowOutcomes {
  /** A cursor to go on behind. */
  readonly after?: string | undefined;
  /** Where to begin without one: with what is kept (`oldest`), or with what is yet to come. */
  readonly start?: "oldest" | "newest" | undefined;
  /**
   * The API keeps the place of this group: an outcome counts as read when the next page is asked for. Read
   * for a group at one place only.
   */
  readonly group?: string | undefined;
  /** Told when outcomes are gone unread (null: nobody knows how many); without it that is an error. */
  readonly onMissed?: ((missed: number | null) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Following {
  readonly access: Access;
  readonly call: Call;
  readonly tries: number;
}

/** The API says something every 15 seconds. */
const SILENCE_MS = 45_000;
const POLL_SECONDS = 25;
const POLL_MS_MAX = 60_000;
const PAGE = 500;
const HELD_PAUSE_MS = 1_000;
/** After a stream that the API has ended, as it does when it is told to stop. */
const AGAIN_MS = 500;

/**
 * Each at least once, those of one delivery in their order. Ends with the signal.
 * @throws ApiError, such as `outcomes_missed`, `unauthorized`; an API that goes away after it has answered
 * once is waited for.
 */
export function followOutcomes(
  options: FollowOutcomes,
  following: Following,
): AsyncGenerator<OutcomeTold, void> {
  const told = options.group === undefined ? readStream(options, following) : readGroup(options, following);
  return untilAborted(told, options.signal);
}

/** The signal's end is the end, and no error. */
async function* untilAborted<T>(
  from: AsyncGenerator<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void> {
  try {
    yield* from;
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

async function* readStream(options: FollowOutcomes, following: Following): AsyncGenerator<OutcomeTold> {
  const { signal } = options;
  const { access } = following;
  let cursor = await toBeginning(options, following);
  let triesLeft = following.tries;
  let failures = 0;
  while (signal?.aborted !== true) {
    try {
      const response = await open(access, cursor, signal);
      // Whoever follows wants to know for as long as it takes.
      triesLeft = Number.POSITIVE_INFINITY;
      failures = 0;
      for await (const outcome of readOutcomes(response, options)) {
        yield outcome;
        cursor = outcome.cursor;
      }
      await pause(AGAIN_MS, signal);
    } catch (error) {
      failures += 1;
      const thrown = toThrown(access.url, error, signal);
      const pauseMs = toPauseMs(thrown, failures, triesLeft);
      if (pauseMs === null) throw thrown;
      await pause(pauseMs, signal);
    }
  }
}

/** A connection that is cut before anything came must not begin somewhere else. Null: with the oldest. */
async function toBeginning(
  { after, start = "newest", signal }: FollowOutcomes,
  { call }: Following,
): Promise<string | null> {
  if (after !== undefined || start === "oldest") return after ?? null;
  return (await call("listOutcomes", { query: { start, limit: 1 }, signal })).after;
}

async function* readOutcomes({ body }: Response, { onMissed }: FollowOutcomes): AsyncGenerator<OutcomeTold> {
  const lines = readAnswerLines(body ?? new ReadableStream(), SILENCE_MS);
  for await (const { event, data } of readEvents(lines)) {
    if (event === "missed") tellMissed((parseExact(data) as Missed).missed, onMissed);
    if (event === "outcome") yield parseExact(data) as OutcomeTold;
  }
}

interface Missed {
  readonly missed: number | null;
}

function open(access: Access, cursor: string | null, signal: AbortSignal | undefined): Promise<Response> {
  const { method, path } = OPERATIONS.streamOutcomes;
  const headers = { accept: "text/event-stream", ...(cursor !== null && { "last-event-id": cursor }) };
  const query = { start: "oldest" };
  return exchange(access, { method, path: toPath(path, { query }), headers, body: null, signal });
}

async function* readGroup(
  { group, after, start = "oldest", onMissed, signal }: FollowOutcomes,
  { call }: Following,
): AsyncGenerator<OutcomeTold> {
  let done = after;
  let hasBegun = false;
  const ask = (wait: number, limit: number) =>
    call("listOutcomes", {
      query: { group, start, wait, limit, after: done },
      timeoutMs: POLL_MS_MAX,
      ...(wait > 0 && { signal }),
    });
  try {
    while (signal?.aborted !== true) {
      const page = await unlessAway(() => ask(POLL_SECONDS, PAGE), hasBegun, signal);
      hasBegun = true;
      if (page === null) continue;
      if (page.missed !== 0) tellMissed(page.missed, onMissed);
      for (const outcome of page.outcomes) {
        yield outcome;
        done = outcome.cursor;
      }
      done = page.after;
    }
  } finally {
    // What was read is noted, so that the next reader does not read it again.
    if (done !== undefined) await ask(0, 1).catch(() => undefined);
  }
}

/** Null while another reader reads for the group, and while an API that has answered before is away. */
async function unlessAway<T>(
  work: () => Promise<T>,
  hasBegun: boolean,
  signal: AbortSignal | undefined,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code !== "outcomes_held" && !(hasBegun && error.isTemporary)) throw error;
    await pause(HELD_PAUSE_MS, signal);
    return null;
  }
}

function tellMissed(missed: number | null, onMissed: FollowOutcomes["onMissed"]): void {
  if (onMissed !== undefined) {
    onMissed(missed);
    return;
  }
  const what = missed === null ? "Redis has lost outcomes" : `${missed} outcomes are gone`;
  throw new ApiError(`${what} unread; hold what you know against the runs' counters`, {
    code: "outcomes_missed",
  });
}
