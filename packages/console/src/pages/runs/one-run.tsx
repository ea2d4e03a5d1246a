// One run: how far it is and when it will be over, how its deliveries end, the first failures with their
// cause, and the switches.

import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Facts, Page, Panel } from "../../design/panel.tsx";
import { Progress } from "../../design/progress.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { toHref } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount, showMany, showShort } from "../../words/numbers.ts";
import { actionHref } from "../links.ts";
import { Measures, SpanChoice } from "../series.tsx";
import { Failures } from "./failures.tsx";
import { type Run, RunSwitches } from "./run-switches.tsx";

const EVERY_MS = 2_000;

export function OneRun({ run: id }: { readonly run: string }) {
  const asked = useAsk("getRun", { params: { id } }, { everyMs: EVERY_MS });
  return (
    <Page
      title={<Data of={id} />}
      name={id}
      above={{ href: "#/runs", label: "Runs" }}
      badge={asked.data !== null && <Badge state={asked.data.state} />}
      actions={asked.data !== null && <RunSwitches run={asked.data} done={asked.again} />}
    >
      <Waiting asked={asked}>
        {(run) => (
          <>
            <Standing run={run} />
            <div class="grid">
              <Panel title="Outcomes over time" aside={<SpanChoice />} isWide>
                <Measures
                  name="Deliveries of this run that ended, per second"
                  unit="per second"
                  of={{ by: "run", name: id }}
                  lines={[
                    { measure: "delivered", name: "delivered", color: "good" },
                    { measure: "failed", name: "failed", color: "bad" },
                    { measure: "retries", name: "tried again", color: "series-3" },
                  ]}
                />
              </Panel>
              <Failures run={run} />
            </div>
          </>
        )}
      </Waiting>
    </Page>
  );
}

function Standing({ run }: { readonly run: Run }) {
  const { waiting, inFlight, imbalance } = run;
  return (
    <Panel title={sayProgress(run)}>
      <Progress of={run} isLarge />
      <Facts
        of={[
          ["Delivered", <Ended key="delivered" run={run} as="delivered" />],
          ["Failed", <Ended key="failed" run={run} as="failed" />],
          ["Expired", <Ended key="expired" run={run} as="expired" />],
          ["Cancelled", <Ended key="cancelled" run={run} as="cancelled" />],
          [
            "Waiting",
            <a key="waiting" href={toHref(["deliveries"], { run: run.run, state: "waiting" })}>
              {showCount(waiting)}
            </a>,
          ],
          ["In flight", showCount(inFlight)],
          ["Tried again", showCount(run.retries)],
          ["Rate", run.endedPerSecond === null ? "–" : `${showShort(run.endedPerSecond)}/s`],
          ["Expected end", <Time key="end" at={run.endsAt} none="–" />],
          [
            "Action",
            <a key="action" href={actionHref(run.action)}>
              <Data of={run.action} />
            </a>,
          ],
          ["Lane", <Data key="lane" of={run.lane} />],
          ["Begun", <Time key="begun" at={run.createdAt} isExact />],
          ["Closed", <Time key="closed" at={run.closedAt} isExact none="open: more may come" />],
          ["Completed", <Time key="completed" at={run.completedAt} isExact none="–" />],
        ]}
      />
      {(imbalance.lost > 0 || imbalance.surplus > 0) && (
        <p class="note">
          The counters do not add up with what lies in the lanes:{" "}
          {showMany(imbalance.lost, "delivery", "deliveries")} missing, {showCount(imbalance.surplus)} too
          many. Enqueueing the same run again brings missing ones back.
        </p>
      )}
    </Panel>
  );
}

interface EndedProps {
  readonly run: Run;
  readonly as: "delivered" | "failed" | "expired" | "cancelled";
}

function Ended({ run, as }: EndedProps) {
  return <a href={toHref(["deliveries"], { run: run.run, outcome: as })}>{showCount(run[as])}</a>;
}

function sayProgress({ enqueued, waiting, inFlight }: Run): string {
  const left = waiting + inFlight;
  const all = showMany(enqueued, "delivery", "deliveries");
  return left === 0 ? `${all}, all ended` : `${all}, ${showCount(left)} left`;
}
