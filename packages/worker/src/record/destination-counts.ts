// What attempts meet at each destination that has a lane of its own: at most so many of them, the rest
// together, so that ten thousand destinations cost Prometheus no more than a hundred.

import { type Count, defineCounts } from "@postrider/shared/tally";
import type { Registry } from "prom-client";
import type { Fault, FaultCode, Reply } from "../attempt.ts";
import { FAULTS, STATUS_CLASSES, type StatusClass, toStatusClass } from "./met.ts";
import { DESTINATIONS_SHOWN_MAX } from "./series.ts";

export interface DestinationCounts {
  /** @param lane from which the delivery was claimed. */
  count(lane: string, destination: string | null, met: Reply | Fault): void;
  /**
   * Where there is no room, forgets those that have no lane of their own any more. To be called now and then.
   * @param toOrigins gives those that have one.
   */
  makeRoom(toOrigins: () => ReadonlySet<string>): void;
}

type Met = Readonly<Record<StatusClass | FaultCode, Count>>;

const OWN_LANE = "destination.";
/** Thousands of origins are compared then. */
const MAKE_ROOM_MS = 60_000;

export function createDestinationCounts(registry: Registry): DestinationCounts {
  const counts = defineCounts({
    registry,
    name: "destination_attempts_total",
    help: `Attempts made from the lanes of single destinations, by the reply's status class, or by fault; of at most ${DESTINATIONS_SHOWN_MAX} of these, all other attempts as \`other\`.`,
    labelNames: ["destination", "status_class", "fault"],
  });
  const toLabels = (destination: string) => [
    ...STATUS_CLASSES.map((name) => [name, { destination, status_class: name, fault: "" }] as const),
    ...FAULTS.map((name) => [name, { destination, status_class: "", fault: name }] as const),
  ];
  const make = (destination: string): Met =>
    Object.fromEntries(toLabels(destination).map(([name, labels]) => [name, counts.of(labels)])) as Met;
  const other = make("other");
  const shown = new Map<string, Met>();
  let madeRoomAt = Number.NEGATIVE_INFINITY;
  return {
    count(lane, destination, met) {
      let series = other;
      if (destination !== null && lane.startsWith(OWN_LANE)) {
        const known = shown.get(destination);
        if (known !== undefined) series = known;
        else if (shown.size < DESTINATIONS_SHOWN_MAX) {
          series = make(destination);
          shown.set(destination, series);
        }
      }
      series[met.kind === "reply" ? toStatusClass(met.status) : met.code].value += 1;
    },
    makeRoom(toOrigins) {
      const now = performance.now();
      if (shown.size < DESTINATIONS_SHOWN_MAX || now - madeRoomAt < MAKE_ROOM_MS) return;
      madeRoomAt = now;
      const origins = toOrigins();
      for (const destination of shown.keys()) {
        if (origins.has(destination)) continue;
        for (const [, labels] of toLabels(destination)) counts.drop(labels);
        shown.delete(destination);
      }
    },
  };
}
