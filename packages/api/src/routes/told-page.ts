// What requests for outcomes and for events have in common: where they begin, and how long they wait.

import type { ReadPage, ReadQuery } from "@postrider/producer/reading/reader";
import { z } from "zod";
import type { Tools } from "../route/tools.ts";

const LIMIT_MAX = 1_000;
const WAIT_SECONDS_MAX = 60;
const POLL_MS = 200;

const groupQuery = z.string().max(100).optional();

export const pageQuery = z.strictObject({
  after: z.string().max(200).optional().describe("A cursor; absent: from the oldest that is kept."),
  start: z.enum(["oldest", "newest"]).default("oldest").describe("Where to begin without a cursor."),
  group: groupQuery.describe("Goes on where the group is; with `after`, all up to there are done with."),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100),
  wait: z.coerce
    .number()
    .min(0)
    .max(WAIT_SECONDS_MAX)
    .default(0)
    .describe("Seconds to wait for the first one, where there is none yet."),
});

export const streamQuery = z.strictObject({
  after: z.string().max(200).optional().describe("A cursor; `Last-Event-ID` wins over it."),
  start: z.enum(["oldest", "newest"]).default("newest").describe("Where to begin without a cursor."),
  group: groupQuery.describe("Begins where the group is; with a cursor, all up to there are done with."),
});

/** What a page's query asks of the reader. */
export function toReadQuery({ limit, start, after, group }: z.output<typeof pageQuery>): ReadQuery {
  return { limit, start, ...(after !== undefined && { after }), ...(group !== undefined && { group }) };
}

export async function readWaiting<E>(
  read: () => Promise<ReadPage<E>>,
  { now, isOpen }: Tools,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<ReadPage<E>> {
  const until = now() + waitMs;
  for (;;) {
    const page = await read();
    const isNews = page.entries.length > 0 || page.missed !== 0;
    if (isNews || now() >= until || signal.aborted || !isOpen()) return page;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
