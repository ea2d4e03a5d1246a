// Outcomes or events as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
// A browser that lost the connection comes again with the id of the last one that it saw, which is a cursor.

import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import type { Read, ReadPage, ReadQuery } from "@postrider/producer/reading/reader";
import { hasCode } from "@postrider/shared/errors";
import type { Answer } from "../route/route.ts";
import { toJson } from "../route/to-json.ts";
import type { Tools } from "../route/tools.ts";

const IDLE_MS = 250;
/** Proxies close what is silent for half a minute or a minute. */
export const HEARTBEAT_MS = 15_000;
/** How soon a browser comes again. */
export const RETRY_MS = 2_000;
const PAGE = 500;

interface StreamQuery {
  readonly after: string | undefined;
  readonly group?: string | undefined;
  readonly start: "oldest" | "newest";
}

export interface Streamed<E> {
  readonly query: StreamQuery;
  /** The `event` field of each. */
  readonly name: string;
  readonly read: (query: ReadQuery) => Promise<ReadPage<E>>;
  /** Whether who listens may see it. */
  readonly reaches: (entry: Read<E>) => boolean;
  readonly toShown: (entry: Read<E>) => unknown;
  readonly signal: AbortSignal;
  readonly isStillWelcome: () => Promise<boolean>;
  readonly tools: Tools;
}

/** @throws what a first look throws, so that it can still be a problem. */
export async function streamTold<E>(streamed: Streamed<E>): Promise<Answer<undefined>> {
  const first = await read(streamed, streamed.query.after);
  return toEventStream(toEvents(first, streamed));
}

/** @param events texts of server-sent events, made as they can be sent. */
export function toEventStream(events: AsyncIterable<string>): Answer<undefined> {
  return {
    status: 200,
    text: {
      type: "text/event-stream; charset=utf-8",
      text: Readable.from(events, { objectMode: false }),
    },
    // Proxies that gather answers would keep events back.
    headers: { "x-accel-buffering": "no" },
  };
}

async function* toEvents<E>(first: ReadPage<E>, streamed: Streamed<E>): AsyncGenerator<string> {
  const { signal, tools, isStillWelcome } = streamed;
  yield `retry: ${RETRY_MS}\n\n`;
  let page: ReadPage<E> | null = first;
  let after = first.after;
  let saidAt = tools.now();
  while (!signal.aborted && tools.isOpen() && (await isStillWelcome())) {
    const text: string = page === null ? "" : toText(page, streamed);
    if (text !== "") {
      yield text;
      saidAt = tools.now();
    } else if (tools.now() - saidAt > HEARTBEAT_MS) {
      yield ":\n\n";
      saidAt = tools.now();
    }
    after = page?.after ?? after;
    if (page === null || page.entries.length === 0)
      await setTimeout(IDLE_MS, undefined, { signal }).catch(() => undefined);
    page = await readAgain(streamed, after);
  }
}

function toText<E>(page: ReadPage<E>, { name, reaches, toShown }: Streamed<E>): string {
  const missed = page.missed === 0 ? "" : `event: missed\ndata: ${toJson({ missed: page.missed })}\n\n`;
  const events = page.entries
    .filter((entry) => reaches(entry))
    .map((entry) => `event: ${name}\nid: ${entry.cursor}\ndata: ${toJson(toShown(entry))}\n\n`);
  return missed + events.join("");
}

function read<E>(
  { query: { group, start }, read: readPage }: Streamed<E>,
  after: string | undefined,
): Promise<ReadPage<E>> {
  return readPage({
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
async function readAgain<E>(streamed: Streamed<E>, after: string): Promise<ReadPage<E> | null> {
  try {
    return await read({ ...streamed, query: { start: streamed.query.start, after } }, after);
  } catch (error) {
    if (hasCode(error, "redis_unavailable")) return null;
    throw error;
  }
}
