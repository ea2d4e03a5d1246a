// What operators are told of, through the API: page by page, and as it happens.

import type { EventTold } from "@postrider/client/follow-told";
import type { ReadEvent } from "@postrider/producer/events/events";
import type { Service } from "../service.ts";
import { toGroup } from "./outcomes.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteEvents({ call, events }: Remote): Service["events"] {
  return {
    async page(query) {
      const { events: told, after, missed } = await call("listEvents", { query });
      return { entries: told.map(toReadEvent), after, missed };
    },
    groups: async () => (await call("listEventGroups")).groups.map(toGroup),
    removeGroup: async (group) => void (await call("deleteEventGroup", { params: { group } })),
    async *follow(options) {
      for await (const event of events(options)) yield toReadEvent(event);
    },
  };
}

/** In the order of a producer's own. */
function toReadEvent({ cursor, id, type, timestamp, data }: EventTold): ReadEvent {
  return { cursor, id, type, timestamp: toMs(timestamp), data } as ReadEvent;
}
