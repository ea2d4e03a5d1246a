// Subscriptions: what Postrider itself delivers of its events and outcomes, and what keeps it from doing so.

import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Listing } from "../../design/listing.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { useAsk } from "../../session/use-ask.ts";
import { showCount } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { type Filter, sayFilter } from "../filter.tsx";
import { actionHref } from "../links.ts";
import type { PageProps } from "../page-props.ts";

export function Subscriptions(_: PageProps) {
  const asked = useAsk("listSubscriptions", {}, { everyMs: 10_000 });
  return (
    <Panel title="Subscriptions">
      <Waiting asked={asked}>
        {({ subscriptions }) =>
          subscriptions.length === 0 ? (
            <Empty title="Nobody is told anything by Postrider itself.">
              <p>
                A subscription delivers events or outcomes by an action:{" "}
                <code>postrider subscriptions set ID</code>
              </p>
            </Empty>
          ) : (
            <Listing
              name="Subscriptions"
              rows={subscriptions}
              keyOf={({ id }) => id}
              columns={[
                { head: "Subscription", cell: ({ id }) => id },
                { head: "Action", cell: ({ action }) => <a href={actionHref(action)}>{action}</a> },
                { head: "Events", cell: ({ events }) => (events === null ? "none" : events.join(", ")) },
                { head: "Outcomes", cell: ({ outcomes }) => sayOutcomes(outcomes as Filter | null) },
                { head: "Unread", isNumber: true, cell: ({ unread }) => showCount(unread) },
                { head: "Missed", isNumber: true, cell: ({ missed }) => showCount(missed) },
                {
                  head: "Problem",
                  cell: ({ problem }) =>
                    problem === null ? (
                      <Badge state="none" tone="good" />
                    ) : (
                      <>
                        <Badge state={problem.code} tone="bad" /> {makeVisible(problem.message)}{" "}
                        <Time at={problem.at} />
                      </>
                    ),
                },
              ]}
            />
          )
        }
      </Waiting>
    </Panel>
  );
}

function sayOutcomes(filter: Filter | null): string {
  if (filter === null) return "none";
  return sayFilter(filter) || "all";
}
