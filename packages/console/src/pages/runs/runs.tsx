// Runs: the list, or the one that the address names.

import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Listing, Pager } from "../../design/listing.tsx";
import { Empty, Page, Panel } from "../../design/panel.tsx";
import { Progress } from "../../design/progress.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address, toHref } from "../../platform/address.ts";
import { may } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount } from "../../words/numbers.ts";
import type { PageProps } from "../page-props.ts";
import { NewRun } from "./new-run.tsx";
import { OneRun } from "./one-run.tsx";

/** No run has such an id. */
const NEW = "~new";
const PAGE = 30;
const EVERY_MS = 5_000;

export function Runs({ below: [run] }: PageProps) {
  if (run === undefined) return <AllRuns />;
  return run === NEW ? <NewRun /> : <OneRun run={run} />;
}

function AllRuns() {
  const { after } = address.value.query;
  const asked = useAsk("listRuns", { query: { limit: PAGE, after } }, { everyMs: EVERY_MS });
  return (
    <Page
      title="Runs"
      name="Runs"
      actions={
        may("enqueue") && (
          <a class="button primary" href={toHref(["runs", NEW])}>
            New run …
          </a>
        )
      }
    >
      <Panel title="The newest first">
        <Waiting asked={asked}>
          {({ runs, after: next }) =>
            runs.length === 0 ? (
              <Empty title="No run has been sent yet.">
                <p>
                  A run is a file of customers for one action:{" "}
                  {may("enqueue") ? (
                    <a href={toHref(["runs", NEW])}>send one</a>
                  ) : (
                    <code>postrider enqueue ACTION --customers FILE</code>
                  )}
                </p>
              </Empty>
            ) : (
              <>
                <Listing
                  name="Runs"
                  rows={runs}
                  keyOf={(one) => one.run}
                  columns={[
                    {
                      head: "Run",
                      cell: (one) => (
                        <a href={toHref(["runs", one.run])}>
                          <Data of={one.run} />
                        </a>
                      ),
                    },
                    { head: "State", cell: ({ state }) => <Badge state={state} /> },
                    { head: "Action", cell: ({ action }) => <Data of={action} /> },
                    { head: "Progress", cell: (one) => <Progress of={one} /> },
                    { head: "Deliveries", isNumber: true, cell: ({ enqueued }) => showCount(enqueued) },
                    { head: "Failed", isNumber: true, cell: ({ failed }) => showCount(failed) },
                    {
                      head: "Left",
                      isNumber: true,
                      cell: ({ waiting, inFlight }) => showCount(waiting + inFlight),
                    },
                    { head: "Begun", cell: ({ createdAt }) => <Time at={createdAt} /> },
                  ]}
                />
                <Pager after={next} />
              </>
            )
          }
        </Waiting>
      </Panel>
    </Page>
  );
}
