// What stands at this moment: destinations in trouble, runs under way, lanes and workers.

import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Listing } from "../../design/listing.tsx";
import { Panel } from "../../design/panel.tsx";
import { Progress } from "../../design/progress.tsx";
import { toHref } from "../../platform/address.ts";
import { showCount, showSpan } from "../../words/numbers.ts";
import type { Overview } from "./verdict.ts";

interface Props {
  readonly overview: Overview;
}

export function Troubled({ overview: { destinations, destinationsTotal } }: Props) {
  return (
    <Panel
      title="Destinations in trouble"
      aside={<a href="#/destinations">All {showCount(destinationsTotal)}</a>}
    >
      {destinations.length === 0 ? (
        <p class="calm-note">None. Every destination takes what it is sent.</p>
      ) : (
        <Listing
          name="Destinations in trouble"
          rows={destinations}
          keyOf={({ origin }) => origin}
          columns={[
            {
              head: "Destination",
              cell: ({ origin }) => (
                <a href={toHref(["destinations", origin])}>
                  <Data of={origin} />
                </a>
              ),
            },
            { head: "State", cell: ({ state }) => <Badge state={state} /> },
            {
              head: "Since, until",
              cell: ({ since, until }) => (
                <>
                  {since === null && until === null && "–"}
                  {since !== null && <Time at={since} />}
                  {since !== null && until !== null && ", "}
                  {until !== null && <Time at={until} />}
                </>
              ),
            },
            {
              head: "Waiting",
              isNumber: true,
              cell: ({ waiting, delayed }) => showCount(waiting + delayed),
            },
          ]}
        />
      )}
    </Panel>
  );
}

export function RunsUnderWay({ overview: { runs } }: Props) {
  return (
    <Panel title="Runs under way" aside={<a href="#/runs">All runs</a>}>
      {runs.length === 0 ? (
        <p class="calm-note">No run is under way.</p>
      ) : (
        <Listing
          name="Runs under way"
          rows={runs}
          keyOf={({ run }) => run}
          columns={[
            {
              head: "Run",
              cell: ({ run }) => (
                <a href={toHref(["runs", run])}>
                  <Data of={run} />
                </a>
              ),
            },
            { head: "State", cell: ({ state }) => <Badge state={state} /> },
            { head: "Progress", cell: (run) => <Progress of={run} /> },
            { head: "Left", isNumber: true, cell: ({ left }) => showCount(left) },
            { head: "Failed", isNumber: true, cell: ({ failed }) => showCount(failed) },
          ]}
        />
      )}
    </Panel>
  );
}

export function Lanes({ overview: { lanes } }: Props) {
  return (
    <Panel title="Shared lanes">
      {lanes.length === 0 ? (
        <p class="calm-note">No lane has been used yet.</p>
      ) : (
        <Listing
          name="Shared lanes"
          rows={lanes}
          keyOf={({ lane }) => lane}
          columns={[
            { head: "Lane", cell: ({ lane }) => <Data of={lane} /> },
            {
              head: "Served",
              cell: ({ isServed, waiting }) => (
                <Badge state={isServed ? "yes" : "no"} tone={isServed || waiting === 0 ? "quiet" : "bad"} />
              ),
            },
            { head: "Waiting", isNumber: true, cell: ({ waiting }) => showCount(waiting) },
            { head: "Delayed", isNumber: true, cell: ({ delayed }) => showCount(delayed) },
            { head: "In flight", isNumber: true, cell: ({ inFlight }) => showCount(inFlight) },
            { head: "Dead", isNumber: true, cell: ({ deadLetters }) => showCount(deadLetters) },
            {
              head: "Oldest",
              isNumber: true,
              cell: ({ waiting, oldestAgeMs }) => (waiting === 0 ? "–" : showSpan(oldestAgeMs)),
            },
          ]}
        />
      )}
    </Panel>
  );
}

export function Workers({ overview: { workers } }: Props) {
  return (
    <Panel title="Workers">
      {workers.length === 0 ? (
        <p class="calm-note">
          No worker is running, so nothing is sent. Start one: <code>postrider worker</code>
        </p>
      ) : (
        <Listing
          name="Workers"
          rows={workers}
          keyOf={({ id }) => id}
          columns={[
            { head: "Worker", cell: ({ id }) => <Data of={id} isName /> },
            {
              head: "Last sign of life",
              isNumber: true,
              cell: ({ silentMs }) => (silentMs < 10_000 ? "now" : `${showSpan(silentMs)} ago`),
            },
          ]}
        />
      )}
    </Panel>
  );
}
