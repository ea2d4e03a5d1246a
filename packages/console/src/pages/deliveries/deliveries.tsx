// Deliveries: found by a filter, or the one that the address names.

import type { Operations } from "@postrider/client/generated";
import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Listing, Pager } from "../../design/listing.tsx";
import { Empty, Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount } from "../../words/numbers.ts";
import { FILTER_NAMES, FilterForm, filterOf } from "../filter.tsx";
import { actionHref, deliveryHref, runHref } from "../links.ts";
import type { PageProps } from "../page-props.ts";
import { OneDelivery } from "./one-delivery.tsx";

type Reply = Operations["listDeliveries"]["reply"];
type Query = Operations["listDeliveries"]["query"];
type Delivery = Reply["deliveries"][number];

const PAGE = 50;
/** Customer, run, action, state and reason first. */
const ORDER = [
  "customer",
  "run",
  "action",
  "state",
  "outcome",
  "reason",
  "destination",
  "label",
  "lane",
  "from",
  "to",
] as const;

export function Deliveries({ below: [id] }: PageProps) {
  return id === undefined ? <Found /> : <OneDelivery id={id} />;
}

function Found() {
  const { after } = address.value.query;
  const query = { ...filterOf(FILTER_NAMES), limit: PAGE, after } as Query;
  const asked = useAsk("listDeliveries", { query });
  return (
    <Page
      title="Deliveries"
      name="Deliveries"
      actions={
        <button type="button" onClick={asked.again}>
          Look again
        </button>
      }
    >
      <Panel title="Find deliveries">
        <FilterForm names={ORDER} first={4} />
      </Panel>
      <Panel title="What is open first, then what has ended, the latest first">
        <Waiting asked={asked}>{(reply) => <Results reply={reply} />}</Waiting>
      </Panel>
    </Page>
  );
}

function Results({ reply: { deliveries, looked, after } }: { readonly reply: Reply }) {
  return (
    <>
      {deliveries.length === 0 ? (
        <NothingFound looked={looked} hasMore={after !== null} />
      ) : (
        <Listing
          name="Deliveries"
          rows={deliveries}
          keyOf={({ id, outcome }) => `${id} ${outcome?.endedAt ?? ""}`}
          columns={[
            {
              head: "Customer",
              cell: ({ id, customerId }) => (
                <a href={deliveryHref(id)}>
                  <Data of={customerId ?? id} />
                </a>
              ),
            },
            { head: "State", cell: (one) => <Badge state={stateOf(one)} /> },
            {
              head: "Reason",
              cell: ({ outcome }) => (outcome === null ? "–" : <code>{outcome.reason}</code>),
            },
            {
              head: "Action",
              cell: ({ action }) => (
                <a href={actionHref(action)}>
                  <Data of={action} />
                </a>
              ),
            },
            {
              head: "Run",
              cell: ({ run }) =>
                run === null ? (
                  "–"
                ) : (
                  <a href={runHref(run)}>
                    <Data of={run} />
                  </a>
                ),
            },
            {
              head: "Attempts",
              isNumber: true,
              cell: ({ outcome }) => (outcome === null ? "–" : showCount(outcome.attempts)),
            },
            {
              head: "When",
              cell: (one) => <Time at={one.outcome?.endedAt ?? one.dueAt ?? one.enqueuedAt} />,
            },
          ]}
        />
      )}
      <Pager after={after} />
    </>
  );
}

/** How it ended says more than that it has. */
function stateOf({ state, outcome }: Delivery): string {
  return state === "ended" && outcome !== null ? outcome.outcome : state;
}

function NothingFound({ looked, hasMore }: { readonly looked: number; readonly hasMore: boolean }) {
  if (hasMore)
    return (
      <Empty title={`None among the ${showCount(looked)} that were looked at.`}>
        <p>More lie behind these: go on to the next page.</p>
      </Empty>
    );
  return (
    <Empty title="No delivery is found.">
      <p>
        What has ended is kept for a time alone. Try less to filter by, or look for the customer&apos;s id
        alone.
      </p>
    </Empty>
  );
}
