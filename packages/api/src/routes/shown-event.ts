// Events as the API shows them, and who sees which.

import type { ReadEvent } from "@postrider/producer/events/events";
import { PostriderError } from "@postrider/shared/errors";
import { EVENT_TYPES, EVENTS, type EventType } from "@postrider/shared/operator-event";
import { z } from "zod";
import { type Caller, isNarrowed, reaches } from "../route/caller.ts";
import { timeSchema, toTime } from "../route/times.ts";

/** An event of one type. */
export function eventSchemaOf(type: EventType) {
  const { text, data } = EVENTS[type];
  return z
    .strictObject({
      id: z.string().describe("The same however often it comes."),
      type: z.literal(type),
      timestamp: timeSchema,
      data,
    })
    .describe(text);
}

export const readEventSchema = z.union(
  EVENT_TYPES.map((type) =>
    eventSchemaOf(type).extend({ cursor: z.string().describe("The place behind it, to go on from.") }),
  ),
);

export function toShownEvent(event: ReadEvent): z.input<typeof readEventSchema> {
  return { ...event, timestamp: toTime(event.timestamp) } as z.input<typeof readEventSchema>;
}

/**
 * What a caller sees: a narrowed one what is about an action or lane of its own, and nothing that concerns
 * destinations or the whole installation.
 */
export function reachesEvent(caller: Caller, { data }: ReadEvent): boolean {
  if (!isNarrowed(caller)) return true;
  const action = "action" in data ? data.action : null;
  const lane = "lane" in data ? data.lane : null;
  if (caller.actions !== null && (action === null || !reaches(caller, { action }))) return false;
  return caller.lanes === null || (lane !== null && reaches(caller, { lane }));
}

/** Who may read for a group. @throws `forbidden`. */
export function checkGroupReader(caller: Caller, group: string | undefined): void {
  if (group === undefined || !isNarrowed(caller)) return;
  throw new PostriderError("forbidden", "a group reads all events, and the token is narrowed");
}
