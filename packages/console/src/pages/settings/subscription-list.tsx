// Subscriptions: what Postrider itself delivers of its events and outcomes, and what keeps it from doing so.

import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { confirm } from "../../design/confirm.tsx";
import { Data } from "../../design/data.tsx";
import { Listing } from "../../design/listing.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { go } from "../../platform/address.ts";
import { may, tellApi } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { type Filter, sayFilter } from "../filter.tsx";
import { actionHref, deliveryHref } from "../links.ts";
import type { PageProps } from "../page-props.ts";
import { askSubscription, type Subscription } from "./subscription-form.tsx";

export function Subscriptions(_: PageProps) {
  const asked = useAsk("listSubscriptions", {}, { everyMs: 10_000 });
  return (
    <Panel
      title="Subscriptions"
      aside={
        may("manage") && (
          <button type="button" onClick={() => askSubscription(null, asked.again)}>
            New subscription …
          </button>
        )
      }
    >
      <Waiting asked={asked}>
        {({ subscriptions }) =>
          subscriptions.length === 0 ? (
            <Empty title="Nobody is told anything by Postrider itself.">
              <p>
                A subscription delivers events or outcomes by an action, as a webhook of ours. Make one here,
                or with <code>postrider subscriptions set ID</code>
              </p>
            </Empty>
          ) : (
            <Listing
              name="Subscriptions"
              rows={subscriptions}
              keyOf={({ id }) => id}
              columns={[
                { head: "Subscription", cell: ({ id }) => id },
                {
                  head: "Action",
                  cell: ({ action }) => (
                    <a href={actionHref(action)}>
                      <Data of={action} />
                    </a>
                  ),
                },
                {
                  head: "Events",
                  cell: ({ events }) =>
                    events === null
                      ? "none"
                      : events.map((type) => (
                          <div key={type}>
                            <Data of={type} />
                          </div>
                        )),
                },
                { head: "Outcomes", cell: ({ outcomes }) => sayOutcomes(outcomes as Filter | null) },
                { head: "Unread", isNumber: true, cell: ({ unread }) => showCount(unread) },
                { head: "Missed", isNumber: true, cell: ({ missed }) => showCount(missed) },
                { head: "Latest", cell: ({ recent }) => <Recent of={recent} /> },
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
                ...(may("manage")
                  ? [
                      {
                        head: "Change",
                        cell: (one: Subscription) => <RowSwitches of={one} done={asked.again} />,
                      },
                    ]
                  : []),
              ]}
            />
          )
        }
      </Waiting>
    </Panel>
  );
}

function Recent({ of }: { readonly of: Subscription["recent"] }) {
  if (of === null) return <>–</>;
  const { delivered, failed, open, lastFailure } = of;
  return (
    <>
      {showCount(delivered)} delivered, {showCount(failed)} failed, {showCount(open)} open
      {lastFailure !== null && (
        <div class="hint">
          <a href={deliveryHref(lastFailure.delivery)}>
            {lastFailure.reason}
            {lastFailure.status !== null && ` ${lastFailure.status}`}
          </a>{" "}
          <Time at={lastFailure.at} />
        </div>
      )}
    </>
  );
}

function RowSwitches({ of, done }: { readonly of: Subscription; readonly done: () => void }) {
  const { id } = of;
  return (
    <span class="row-switches">
      <button type="button" class="plain" onClick={() => askSubscription(of, done)}>
        Change<span class="unseen"> {id}</span>
      </button>
      <button type="button" class="plain" onClick={() => askTest(of, done)}>
        Test<span class="unseen"> {id}</span>
      </button>
      <button type="button" class="plain harmful" onClick={() => askRemove(id, done)}>
        Remove<span class="unseen"> {id}</span>
      </button>
    </span>
  );
}

function askTest({ id, action }: Subscription, done: () => void): void {
  confirm({
    title: `Test the subscription ${id}?`,
    body: <p>1 sample is delivered, really, by the action {action}.</p>,
    verb: "Deliver 1 sample",
    async act() {
      const { delivery } = await tellApi("testSubscription", { params: { id }, body: {} });
      done();
      go(deliveryHref(delivery));
    },
  });
}

function askRemove(id: string, done: () => void): void {
  confirm({
    title: `Remove the subscription ${id}?`,
    body: <p>1 subscription: nothing more is delivered for it. What is enqueued already is sent.</p>,
    verb: "Remove 1 subscription",
    isHarmful: true,
    async act() {
      await tellApi("removeSubscription", { params: { id } });
      done();
    },
  });
}

function sayOutcomes(filter: Filter | null): string {
  if (filter === null) return "none";
  return sayFilter(filter) || "all";
}
