// The verbs that change deliveries, one or many, each followed by a note of who did it.

import { type DeliveryFilter, toFilterDocument } from "@postrider/shared/delivery-filter";
import type { Selection } from "../dead-letters/bulk.ts";
import type { DeadLetters } from "../dead-letters/dead-letters.ts";
import type { Deliveries } from "../deliveries/deliveries.ts";
import type { WorkOptions } from "../tasks/pace.ts";
import type { Audited, Note } from "./audit-trail.ts";

/** The beginning of mass work is written down before anything is changed: whatever is killed, that stands. */
function noteBeginning<Options extends WorkOptions<never>>(
  note: Note,
  what: Audited,
  on: string,
  options: Options,
): Options {
  let isNoted = false;
  const beforeStep = async (count: number): Promise<void> => {
    await options.beforeStep?.(count);
    if (count === 0 || isNoted) return;
    isNoted = true;
    await note(what, on);
  };
  return { ...options, beforeStep };
}

export function auditDeadLetters(deadLetters: DeadLetters, note: Note): DeadLetters {
  return {
    ...deadLetters,
    async replay(selection, options = {}) {
      const on = describe(selection);
      const begun = noteBeginning(note, "dead_letters.replay_begun", on, options);
      const done = await deadLetters.replay(selection, begun);
      const { unknown: _, ...counts } = done;
      await note("dead_letters.replayed", on, { to: JSON.stringify(counts) });
      return done;
    },
    async purge(selection, options = {}) {
      const on = describe(selection);
      const begun = noteBeginning(note, "dead_letters.purge_begun", on, options);
      const done = await deadLetters.purge(selection, begun);
      await note("dead_letters.purged", on, { to: JSON.stringify({ purged: done.purged }) });
      return done;
    },
  };
}

export function auditDeliveries(deliveries: Deliveries, note: Note): Deliveries {
  return {
    ...deliveries,
    async cancel(id) {
      await deliveries.cancel(id);
      await note("delivery.cancelled", id);
    },
    async changeTimes(id, changes) {
      await deliveries.changeTimes(id, changes);
      await note("delivery.rescheduled", id, { to: JSON.stringify(changes) });
    },
    async cancelAll(filter, options = {}) {
      const on = describeFilter(filter);
      const begun = noteBeginning(note, "deliveries.cancel_begun", on, options);
      const done = await deliveries.cancelAll(filter, begun);
      await note("deliveries.cancelled", on, { to: JSON.stringify(done) });
      return done;
    },
  };
}

function describe(selection: Selection): string {
  return "ids" in selection ? selection.ids.join(" ") : describeFilter(selection.filter);
}

function describeFilter(filter: DeliveryFilter): string {
  return JSON.stringify(toFilterDocument(filter));
}
