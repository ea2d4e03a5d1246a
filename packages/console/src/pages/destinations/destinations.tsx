// Destinations: those that have a lane of their own, or the one that the address names.

import type { Destination } from "@postrider/client/generated";
import { useState } from "preact/hooks";
import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Field, readForm } from "../../design/form.tsx";
import { Listing } from "../../design/listing.tsx";
import { Empty, Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { go } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount } from "../../words/numbers.ts";
import { destinationHref } from "../links.ts";
import type { PageProps } from "../page-props.ts";
import { sayLimits, stateOf } from "./destination-words.ts";
import { OneDestination } from "./one-destination.tsx";

const EVERY_MS = 3_000;
const SHOWN = 100;

export function Destinations({ below: [origin] }: PageProps) {
  return origin === undefined ? <All /> : <OneDestination origin={origin} />;
}

function All() {
  const asked = useAsk("listDestinations", {}, { everyMs: EVERY_MS });
  const [isLong, setLong] = useState(false);
  return (
    <Page title="Destinations" name="Destinations">
      <Panel title="Find one">
        <FindOne />
      </Panel>
      <Panel title="With a lane of their own, those with the most waiting first">
        <Waiting asked={asked}>
          {({ destinations }) =>
            destinations.length === 0 ? (
              <Empty title="No destination has a lane of its own.">
                <p>
                  One gets a lane of its own when it is slow or fails, when it is limited or paused, or when
                  an action limits it. All others share lanes, and need nothing from you.
                </p>
              </Empty>
            ) : (
              <>
                <Table destinations={isLong ? destinations : destinations.slice(0, SHOWN)} />
                {!isLong && destinations.length > SHOWN && (
                  <p>
                    <button type="button" onClick={() => setLong(true)}>
                      Show all {showCount(destinations.length)}
                    </button>
                  </p>
                )}
              </>
            )
          }
        </Waiting>
      </Panel>
    </Page>
  );
}

/** Any origin can be looked at, limited and paused, also one that nothing was sent to yet. */
function FindOne() {
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        const { origin = "" } = readForm(event.currentTarget);
        if (origin !== "") go(destinationHref(origin));
      }}
    >
      <Field label="Origin" name="origin" placeholder="https://api.example.com" isRequired />
      <div class="form-foot end">
        <button type="submit">Open</button>
      </div>
    </form>
  );
}

function Table({ destinations }: { readonly destinations: readonly Destination[] }) {
  return (
    <Listing
      name="Destinations"
      rows={destinations}
      keyOf={({ origin }) => origin}
      columns={[
        {
          head: "Destination",
          cell: ({ origin }) => (
            <a href={destinationHref(origin)}>
              <Data of={origin} />
            </a>
          ),
        },
        { head: "State", cell: (one) => <Badge state={stateOf(one)} /> },
        { head: "Limits", cell: sayLimits },
        { head: "Throttled", cell: ({ throttledSince }) => <Time at={throttledSince} none="–" /> },
        { head: "Waiting", isNumber: true, cell: ({ waiting }) => showCount(waiting) },
        { head: "Delayed", isNumber: true, cell: ({ delayed }) => showCount(delayed) },
        { head: "In flight", isNumber: true, cell: ({ inFlight }) => showCount(inFlight) },
      ]}
    />
  );
}
