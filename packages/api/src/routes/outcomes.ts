// How deliveries ended, as they do: page by page, waiting for more, or as a stream of events. And the groups
// of those who read them.

import type { Producer } from "@postrider/producer/producer";
import type { ReadPage, ReadQuery } from "@postrider/producer/reading/reader";
import type { DeliveryOutcome } from "@postrider/shared/outcome-entry";
import { z } from "zod";
import { reaches } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import { checkReader, readOutcomeSchema, toShownReadOutcome } from "./shown-outcome.ts";
import { defineGroupRoutes } from "./told-groups.ts";
import { pageQuery, readWaiting, streamQuery, toReadQuery } from "./told-page.ts";
import { streamTold } from "./told-stream.ts";

const count = z.int().min(0);

export const outcomeRoutes: readonly Route[] = [
  defineRoute({
    id: "listOutcomes",
    method: "GET",
    path: "/v1/outcomes",
    scope: "read",
    narrowing: "found",
    summary: "Outcomes behind a cursor, oldest first; waits for the first one if asked to",
    query: pageQuery,
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
    async handle({ query, caller, signal }, tools) {
      checkReader(caller, query.group);
      const read = () => toRead(tools.producer)(toReadQuery(query));
      const page = await readWaiting(read, tools, { waitMs: query.wait * 1_000, signal });
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
    query: streamQuery,
    replies: {
      200: "`text/event-stream`: events `outcome`, whose ids are cursors, and `missed`, where some are gone.",
    },
    text: { type: "text/event-stream" },
    errors: ["outcomes_invalid", "outcomes_held"],
    handle: ({ query: asked, header, caller, signal, isStillWelcome }, tools) => {
      checkReader(caller, asked.group);
      const after = header("last-event-id") || asked.after;
      return streamTold({
        query: { ...asked, after },
        name: "outcome",
        read: toRead(tools.producer),
        reaches: ({ action }) => reaches(caller, { action }),
        toShown: toShownReadOutcome,
        signal,
        isStillWelcome,
        tools,
      });
    },
  }),
  ...defineGroupRoutes({
    path: "/v1/outcomes/groups",
    ids: { list: "listOutcomeGroups", remove: "deleteOutcomeGroup" },
    errors: ["outcomes_unknown", "outcomes_invalid"],
    of: ({ outcomes }) => outcomes,
  }),
];

/** A page in the words of all streams. */
function toRead({ outcomes }: Producer): (query: ReadQuery) => Promise<ReadPage<DeliveryOutcome>> {
  return async (asked) => {
    const { outcomes: entries, ...page } = await outcomes.read(asked);
    return { entries, ...page };
  };
}
