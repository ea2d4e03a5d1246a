// Outcomes, or events, as they come, over cut connections and restarts of the API: as server-sent events
// behind a cursor, or page by page for a group, whose place the API keeps.

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
/** What operators are told of, and the cursor of the place behind it. */
export type EventTold = Operations["listEvents"]["reply"]["events"][number];

type Kind = "outcomes" | "events";
type Told<K extends Kind> = K extends "outcomes" ? OutcomeTold : EventTold;

/** The operations, and the name of each entry in a stream. */
const KINDS = {
  outcomes: { list: "listOutcomes", stream: "streamOutcomes", event: "outcome" },
  events: { list: "listEvents", stream: "streamEvents", event: "event" },
} as const;

export interface Follow {
  /** A cursor to go on behind. */
  readonly after?: string | undefined;
  /** Where to begin without one: with what is kept (`oldest`), or with what is yet to come. */
  readonly start?: "oldest" | "newest" | undefined;
  /**
   * The API keeps the place of this group: what came counts as read when the next page is asked for. Read for
   * a group at one place only.
   */
  readonly group?: string | undefined;
  /** Told when some are gone unread (null: nobody knows how many); without it that is an error. */
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
 * Each at least once, outcomes of one delivery in their order, and events in theirs. Ends with the signal.
 * @throws ApiError, such as `outcomes_missed`, `unauthorized`; an API that goes away after it has answered
 * once is waited for.
 */
export function follow<K extends Kind>(
  kind: K,
  options: Follow,
  following: Following,
): AsyncGenerator<Told<K>, void> {
  const told =
    options.group === undefined ? readStream(kind, options, following) : readGroup(kind, options, following);
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

async function* readStream<K extends Kind>(
  kind: K,
  options: Follow,
  following: Following,
): AsyncGenerator<Told<K>> {
  const { signal } = options;
  const { access } = following;
  let cursor = await toBeginning(kind, options, following);
  let triesLeft = following.tries;
  let failures = 0;
  while (signal?.aborted !== true) {
    try {
      const response = await open(access, KINDS[kind].stream, cursor, signal);
      // Whoever follows wants to know for as long as it takes.
      triesLeft = Number.POSITIVE_INFINITY;
      failures = 0;
      for await (const told of readTold(kind, response, options)) {
        yield told;
        cursor = told.cursor;
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
  kind: Kind,
  { after, start = "newest", signal }: Follow,
  { call }: Following,
): Promise<string | null> {
  if (after !== undefined || start === "oldest") return after ?? null;
  return (await call(KINDS[kind].list, { query: { start, limit: 1 }, signal })).after;
}

async function* readTold<K extends Kind>(
  kind: K,
  { body }: Response,
  { onMissed }: Follow,
): AsyncGenerator<Told<K>> {
  const lines = readAnswerLines(body ?? new ReadableStream(), SILENCE_MS);
  for await (const { event, data } of readEvents(lines)) {
    if (event === "missed") tellMissed(kind, (parseExact(data) as Missed).missed, onMissed);
    if (event === KINDS[kind].event) yield parseExact(data) as Told<K>;
  }
}

interface Missed {
  readonly missed: number | null;
}

function open(
  access: Access,
  operation: "streamOutcomes" | "streamEvents",
  cursor: string | null,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { method, path } = OPERATIONS[operation];
  const headers = { accept: "text/event-stream", ...(cursor !== null && { "last-event-id": cursor }) };
  const query = { start: "oldest" };
  return exchange(access, { method, path: toPath(path, { query }), headers, body: null, signal });
}

async function* readGroup<K extends Kind>(
  kind: K,
  { group, after, start = "oldest", onMissed, signal }: Follow,
  { call }: Following,
): AsyncGenerator<Told<K>> {
  let done = after;
  let hasBegun = false;
  const ask = (wait: number, limit: number) =>
    call(KINDS[kind].list, {
      query: { group, start, wait, limit, after: done },
      timeoutMs: POLL_MS_MAX,
      ...(wait > 0 && { signal }),
    });
  try {
    while (signal?.aborted !== true) {
      const page = await unlessAway(() => ask(POLL_SECONDS, PAGE), hasBegun, signal);
      hasBegun = true;
      if (page === null) continue;
      if (page.missed !== 0) tellMissed(kind, page.missed, onMissed);
      for (const told of entriesOf<K>(page)) {
        yield told;
        done = told.cursor;
      }
      done = page.after;
    }
  } finally {
    // What was read is noted, so that the next reader does not read it again.
    if (done !== undefined) await ask(0, 1).catch(() => undefined);
  }
}

function entriesOf<K extends Kind>(page: { readonly outcomes?: unknown; readonly events?: unknown }) {
  return (page.outcomes ?? page.events) as readonly Told<K>[];
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
    if (!error.code.endsWith("_held") && !(hasBegun && error.isTemporary)) throw error;
    await pause(HELD_PAUSE_MS, signal);
    return null;
  }
}

function tellMissed(kind: Kind, missed: number | null, onMissed: Follow["onMissed"]): void {
  if (onMissed !== undefined) {
    onMissed(missed);
    return;
  }
  const what = missed === null ? `Redis has lost ${kind}` : `${missed} ${kind} are gone`;
  const advice =
    kind === "outcomes" ? "hold what you know against the runs' counters" : "look at what stands";
  throw new ApiError(`${what} unread; ${advice}`, { code: `${kind}_missed` });
}
