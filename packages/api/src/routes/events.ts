// What operators are told of: page by page, waiting for more, or as a stream.

import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";
import { reachesEvent, readEventSchema, toShownEvent } from "./shown-event.ts";
import { pageQuery, readWaiting, streamQuery } from "./told-page.ts";
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
    errors: ["events_invalid"],
    async handle({ query: { wait, after, limit }, caller, signal }, tools) {
      const asked = { limit, ...(after !== undefined && { after }) };
      const read = async () => {
        const { events: entries, ...page } = await tools.producer.events.read(asked);
        return { entries, ...page };
      };
      const page = await readWaiting(read, tools, { waitMs: wait * 1_000, signal });
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
    errors: ["events_invalid"],
    handle: ({ query: asked, header, caller, signal }, tools) => {
      const after = header("last-event-id") || asked.after;
      return streamTold({
        query: { ...asked, after },
        name: "event",
        read: async (query) => {
          const { events: entries, ...page } = await tools.producer.events.read(query);
          return { entries, ...page };
        },
        reaches: (event) => reachesEvent(caller, event),
        toShown: toShownEvent,
        signal,
        tools,
      });
    },
  }),
];
