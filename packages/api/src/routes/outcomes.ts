// How deliveries ended, as they do: page by page, waiting for more, or as a stream of events. And the groups
// of those who read them.

import type { OutcomePage, OutcomeQuery } from "@postrider/producer/outcomes/outcomes";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";
import type { Tools } from "../route/tools.ts";
import { streamOutcomes } from "./outcome-stream.ts";
import { checkReader, onlyReached, readOutcomeSchema, toShownReadOutcome } from "./shown-outcome.ts";

const count = z.int().min(0);

const LIMIT_MAX = 1_000;
const WAIT_SECONDS_MAX = 60;
const POLL_MS = 200;

const query = z.strictObject({
  after: z.string().max(200).optional().describe("A cursor; absent: where `start` says."),
  start: z.enum(["oldest", "newest"]).default("oldest").describe("Where to begin without a cursor."),
  limit: z.coerce.number().int().min(1).max(LIMIT_MAX).default(100),
  wait: z.coerce
    .number()
    .min(0)
    .max(WAIT_SECONDS_MAX)
    .default(0)
    .describe("Seconds to wait for the first one, where there is none yet."),
  group: z
    .string()
    .max(100)
    .optional()
    .describe("Goes on where the group is; with `after`, all up to there are done with."),
});

const groupParams = z.strictObject({ group: z.string().min(1).max(100) });

export const outcomeRoutes: readonly Route[] = [
  defineRoute({
    id: "listOutcomes",
    method: "GET",
    path: "/v1/outcomes",
    scope: "read",
    narrowing: "found",
    summary: "Outcomes behind a cursor, oldest first; waits for the first one if asked to",
    query,
    replies: { 200: "Outcomes, none where none came in time. Ask again with `after`." },
    reply: z.strictObject({
      outcomes: z.array(readOutcomeSchema),
      after: z.string(),
      missed: count
        .nullable()
        .describe(
          "Outcomes between the cursor and these that are kept no more; null: Redis has lost some that were told before, and nobody knows how many.",
        ),
    }),
    errors: ["outcomes_invalid", "outcomes_held"],
    async handle({ query: { wait, after, limit, group, start }, caller, signal }, tools) {
      checkReader(caller, group);
      const asked = {
        limit,
        start,
        ...(after !== undefined && { after }),
        ...(group !== undefined && { group }),
      };
      const page = await readWaiting(asked, tools, { waitMs: wait * 1_000, signal });
      const outcomes = onlyReached(page, caller).map(toShownReadOutcome);
      return { status: 200, body: { outcomes, after: page.after, missed: page.missed } };
    },
  }),
  defineRoute({
    id: "streamOutcomes",
    method: "GET",
    path: "/v1/outcomes/stream",
    scope: "read",
    narrowing: "found",
    summary: "Outcomes as server-sent events, for as long as the connection stands",
    takes: ["Last-Event-ID"],
    query: z.strictObject({
      after: z.string().max(200).optional().describe("A cursor; `Last-Event-ID` wins over it."),
      start: z.enum(["oldest", "newest"]).default("newest").describe("Where to begin without a cursor."),
      group: z
        .string()
        .max(100)
        .optional()
        .describe("Begins where the group is; with a cursor, all up to there are done with."),
    }),
    replies: {
      200: "`text/event-stream`: events `outcome`, whose ids are cursors, and `missed`, where some are gone.",
    },
    errors: ["outcomes_invalid", "outcomes_held"],
    handle: ({ query: asked, header, caller, signal }, tools) => {
      checkReader(caller, asked.group);
      const after = header("last-event-id") || asked.after;
      return streamOutcomes({ ...asked, after }, { caller, signal, tools });
    },
  }),
  defineRoute({
    id: "listOutcomeGroups",
    method: "GET",
    path: "/v1/outcomes/groups",
    scope: "read",
    narrowing: "whole",
    summary: "The groups of readers, and how far each is",
    replies: { 200: "All groups; `after` is null, since there is one page." },
    reply: z.strictObject({
      groups: z.array(
        z.strictObject({
          group: z.string(),
          unread: count,
          readAt: timeSchema.describe("The last sign of its readers."),
        }),
      ),
      after: z.null(),
    }),
    async handle(_, { producer }) {
      const groups = await producer.outcomes.groups();
      const shown = groups.map(({ group, unread, readAt }) => ({ group, unread, readAt: toTime(readAt) }));
      return { status: 200, body: { groups: shown, after: null } };
    },
  }),
  defineRoute({
    id: "deleteOutcomeGroup",
    method: "DELETE",
    path: "/v1/outcomes/groups/:group",
    scope: "manage",
    narrowing: "whole",
    summary: "Forget a group that nobody reads for any more",
    params: groupParams,
    replies: { 204: "It is forgotten." },
    errors: ["outcomes_unknown", "outcomes_invalid"],
    async handle({ params: { group } }, { producer }) {
      await producer.outcomes.removeGroup(group);
      return { status: 204 };
    },
  }),
];

async function readWaiting(
  asked: OutcomeQuery,
  { producer, now, isOpen }: Tools,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<OutcomePage> {
  const until = now() + waitMs;
  for (;;) {
    const page = await producer.outcomes.read(asked);
    const isNews = page.outcomes.length > 0 || page.missed !== 0;
    if (isNews || now() >= until || signal.aborted || !isOpen()) return page;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
