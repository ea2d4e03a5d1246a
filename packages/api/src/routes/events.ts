// What operators are told of: page by page, waiting for more, or as a stream. And the groups of those who
// read it.

import type { Producer } from "@postrider/producer/producer";
import type { ReadPage, ReadQuery } from "@postrider/producer/reading/reader";
import type { OperatorEvent } from "@postrider/shared/operator-event";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { checkGroupReader, reachesEvent, readEventSchema, toShownEvent } from "./shown-event.ts";
import { defineGroupRoutes } from "./told-groups.ts";
import { pageQuery, readWaiting, streamQuery, toReadQuery } from "./told-page.ts";
import { streamTold } from "./told-stream.ts";

const count = z.int().min(0);

export const eventRoutes: readonly Route[] = [
  defineRoute({
    id: "listEvents",
    method: "GET",
    path: "/v1/events",
    scope: "read",
    narrowing: "found",
    summary: "Events behind a cursor, oldest first; waits for the first one if asked to",
    query: pageQuery,
    replies: { 200: "Events, none where none came in time. Ask again with `after`." },
    reply: z.strictObject({
      events: z.array(readEventSchema),
      after: z.string(),
      missed: count
        .nullable()
        .describe(
          "Events between the cursor and these that are kept no more; null: Redis has lost some that were told before, and nobody knows how many.",
        ),
    }),
    errors: ["events_invalid", "events_held"],
    async handle({ query, caller, signal }, tools) {
      checkGroupReader(caller, query.group);
      const read = () => toRead(tools.producer)(toReadQuery(query));
      const page = await readWaiting(read, tools, { waitMs: query.wait * 1_000, signal });
      const events = page.entries.filter((event) => reachesEvent(caller, event)).map(toShownEvent);
      return { status: 200, body: { events, after: page.after, missed: page.missed } };
    },
  }),
  defineRoute({
    id: "streamEvents",
    method: "GET",
    path: "/v1/events/stream",
    scope: "read",
    narrowing: "found",
    summary: "Events as server-sent events, for as long as the connection stands",
    takes: ["Last-Event-ID"],
    query: streamQuery,
    replies: {
      200: "`text/event-stream`: events `event`, whose ids are cursors, and `missed`, where some are gone.",
    },
    text: { type: "text/event-stream" },
    errors: ["events_invalid", "events_held"],
    handle: ({ query: asked, header, caller, signal, isStillWelcome }, tools) => {
      checkGroupReader(caller, asked.group);
      const after = header("last-event-id") || asked.after;
      return streamTold({
        query: { ...asked, after },
        name: "event",
        read: toRead(tools.producer),
        reaches: (event) => reachesEvent(caller, event),
        toShown: toShownEvent,
        signal,
        isStillWelcome,
        tools,
      });
    },
  }),
  ...defineGroupRoutes({
    path: "/v1/events/groups",
    ids: { list: "listEventGroups", remove: "deleteEventGroup" },
    errors: ["events_unknown", "events_invalid"],
    of: ({ events }) => events,
  }),
];

/** A page in the words of all streams. */
function toRead({ events }: Producer): (query: ReadQuery) => Promise<ReadPage<OperatorEvent>> {
  return async (asked) => {
    const { events: entries, ...page } = await events.read(asked);
    return { entries, ...page };
  };
}
