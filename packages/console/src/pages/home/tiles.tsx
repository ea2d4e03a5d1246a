// The numbers that say at one look how things stand.

import { Tile } from "../../design/panel.tsx";
import type { Asked } from "../../session/use-ask.ts";
import { showCount, showShort, showSpan } from "../../words/numbers.ts";
import { LATE_MS, type Overview, rateOf } from "./verdict.ts";

interface Props {
  readonly asked: Asked<Overview>;
  readonly overview: Overview;
}

export function Tiles({ asked, overview }: Props) {
  const { lanes, ownLanes, inFlight, workers } = overview;
  const sum = (field: "waiting" | "delayed" | "deadLetters") =>
    lanes.reduce((total, lane) => total + lane[field], 0);
  const waiting = sum("waiting") + ownLanes.waiting;
  const delayed = sum("delayed") + ownLanes.delayed;
  const oldestMs = Math.max(0, ...lanes.filter((lane) => lane.waiting > 0).map((lane) => lane.oldestAgeMs));
  // Of own lanes only the fullest are counted.
  const atLeast = ownLanes.counted < ownLanes.total ? "≥ " : "";
  return (
    <section class="tiles" aria-label="Now">
      <Tile
        name="Ended"
        value={showRate(rateOf("ended", asked))}
        note={`${showCount(overview.ended)} in all`}
      />
      <Tile
        name="Enqueued"
        value={showRate(rateOf("enqueued", asked))}
        note={`${showCount(overview.enqueued)} in all`}
      />
      <Tile
        name="Waiting"
        value={atLeast + showShort(waiting)}
        note={`${atLeast}${showCount(delayed)} delayed`}
        href="#/deliveries?state=waiting"
      />
      <Tile
        name="In flight"
        value={showCount(inFlight)}
        note="right now"
        href="#/deliveries?state=in-flight"
      />
      <Tile
        name="Oldest"
        value={sum("waiting") === 0 ? "–" : showSpan(oldestMs)}
        note={sum("waiting") === 0 ? "nothing is late" : "in shared lanes"}
        {...(oldestMs > LATE_MS && { tone: "warn" as const })}
      />
      <Tile
        name="Dead letters"
        value={showShort(sum("deadLetters"))}
        note="to replay"
        href="#/dead-letters"
      />
      <Tile
        name="Workers"
        value={showCount(workers.length)}
        note={workers.length === 0 ? "none is running" : "alive"}
        {...(workers.length === 0 && { tone: "bad" as const })}
      />
    </section>
  );
}

function showRate(rate: number | null): string {
  return rate === null ? "–" : `${showShort(rate)}/s`;
}
