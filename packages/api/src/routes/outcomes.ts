// How deliveries ended, as they do: page by page, waiting for more, or as a stream of events. And the groups
// of those who read them.

import type { Producer } from "@postrider/producer/producer";
import type { ReadPage, ReadQuery } from "@postrider/producer/reading/reader";
import type { DeliveryOutcome } from "@postrider/shared/outcome-entry";
import { z } from "zod";
import { reaches } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { timeSchema, toTime } from "../route/times.ts";
import { checkReader, readOutcomeSchema, toShownReadOutcome } from "./shown-outcome.ts";
import { pageQuery, readWaiting, streamQuery } from "./told-page.ts";
import { streamTold } from "./told-stream.ts";

const count = z.int().min(0);

const query = pageQuery.extend({
  start: z.enum(["oldest", "newest"]).default("oldest").describe("Where to begin without a cursor."),
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
      const read = () => toRead(tools.producer)(asked);
      const page = await readWaiting(read, tools, { waitMs: wait * 1_000, signal });
      const reached = page.entries.filter((outcome) => reaches(caller, { action: outcome.action }));
      const outcomes = reached.map(toShownReadOutcome);
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
    query: streamQuery.extend({
      group: z
        .string()
        .max(100)
        .optional()
        .describe("Begins where the group is; with a cursor, all up to there are done with."),
    }),
    replies: {
      200: "`text/event-stream`: events `outcome`, whose ids are cursors, and `missed`, where some are gone.",
    },
    text: { type: "text/event-stream" },
    errors: ["outcomes_invalid", "outcomes_held"],
    handle: ({ query: asked, header, caller, signal }, tools) => {
      checkReader(caller, asked.group);
      const after = header("last-event-id") || asked.after;
      return streamTold({
        query: { ...asked, after },
        name: "outcome",
        read: toRead(tools.producer),
        reaches: ({ action }) => reaches(caller, { action }),
        toShown: toShownReadOutcome,
        signal,
        tools,
      });
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

/** A page in the words of all streams. */
function toRead({ outcomes }: Producer): (query: ReadQuery) => Promise<ReadPage<DeliveryOutcome>> {
  return async (asked) => {
    const { outcomes: entries, ...page } = await outcomes.read(asked);
    return { entries, ...page };
  };
}
