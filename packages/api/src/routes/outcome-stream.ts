// Outcomes as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A browser
// that lost the connection comes again with the id of the last event that it saw, which is a cursor.

import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import type { OutcomePage } from "@postrider/producer/outcomes/outcomes";
import { hasCode } from "@postrider/shared/errors";
import type { Caller } from "../route/caller.ts";
import type { Answer } from "../route/route.ts";
import { toJson } from "../route/to-json.ts";
import type { Tools } from "../route/tools.ts";
import { onlyReached, toShownReadOutcome } from "./shown-outcome.ts";

const IDLE_MS = 250;
/** Proxies close what is silent for half a minute or a minute. */
const HEARTBEAT_MS = 15_000;
/** How soon a browser comes again. */
const RETRY_MS = 2_000;
const PAGE = 500;

export interface StreamQuery {
  readonly after: string | undefined;
  readonly group?: string | undefined;
  readonly start: "oldest" | "newest";
}

interface StreamContext {
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly tools: Tools;
}

/** @throws what a first look throws, so that it can still be a problem. */
export async function streamOutcomes(query: StreamQuery, context: StreamContext): Promise<Answer<undefined>> {
  const first = await read(query, query.after, context.tools);
  const stream = Readable.from(toEvents(first, query, context), { objectMode: false });
  return {
    status: 200,
    text: { type: "text/event-stream; charset=utf-8", text: stream },
    // Proxies that gather answers would keep events back.
    headers: { "x-accel-buffering": "no" },
  };
}

async function* toEvents(
  first: OutcomePage,
  query: StreamQuery,
  { caller, signal, tools }: StreamContext,
): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`;
  let page: OutcomePage | null = first;
  let after = first.after;
  let saidAt = tools.now();
  while (!signal.aborted && tools.isOpen()) {
    const text: string = page === null ? "" : toText(page, caller);
    if (text !== "") {
      yield text;
      saidAt = tools.now();
    } else if (tools.now() - saidAt > HEARTBEAT_MS) {
      yield ":\n\n";
      saidAt = tools.now();
    }
    after = page?.after ?? after;
    if (page === null || page.outcomes.length === 0)
      await setTimeout(IDLE_MS, undefined, { signal }).catch(() => undefined);
    page = await readAgain(query, after, tools);
  }
}

function toText(page: OutcomePage, caller: Caller): string {
  const missed = page.missed === 0 ? "" : `event: missed\ndata: ${toJson({ missed: page.missed })}\n\n`;
  const events = onlyReached(page, caller).map(
    (outcome) => `event: outcome\nid: ${outcome.cursor}\ndata: ${toJson(toShownReadOutcome(outcome))}\n\n`,
  );
  return missed + events.join("");
}

function read(
  { group, start }: StreamQuery,
  after: string | undefined,
  { producer }: Tools,
): Promise<OutcomePage> {
  return producer.outcomes.read({
    limit: PAGE,
    start,
    ...(after !== undefined && after !== "" && { after }),
    ...(group !== undefined && { group }),
  });
}

/**
 * The next page. What was sent is not known to have arrived, so the group stays where it is until somebody
 * comes with a cursor. While Redis is away there is none.
 */
async function readAgain({ start }: StreamQuery, after: string, tools: Tools): Promise<OutcomePage | null> {
  try {
    return await read({ start, after }, after, tools);
  } catch (error) {
    if (hasCode(error, "redis_unavailable")) return null;
    throw error;
  }
}
