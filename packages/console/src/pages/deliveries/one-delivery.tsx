// One delivery: where it is, what comes next, and its attempts as a timeline.

import { REASONS } from "@postrider/shared/outcome";
import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Facts, Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { toHref } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { makeVisible } from "../../words/visible.ts";
import { actionHref, destinationHref, runHref } from "../links.ts";
import { AsSent } from "./as-sent.tsx";
import { type Delivery, DeliverySwitches } from "./delivery-switches.tsx";
import { findReplays } from "./put-back.ts";
import { Timeline } from "./timeline.tsx";
import { useKept } from "./use-kept.ts";

const EVERY_MS = 3_000;

export function OneDelivery({ id }: { readonly id: string }) {
  const asked = useAsk("getDelivery", { params: { id } }, { everyMs: EVERY_MS });
  const { data } = asked;
  return (
    <Page
      title="Delivery"
      name={`Delivery ${id}`}
      above={{ href: "#/deliveries", label: "Deliveries" }}
      badge={
        data !== null && (
          <Badge
            state={data.state === "ended" && data.outcome !== null ? data.outcome.outcome : data.state}
          />
        )
      }
      actions={data !== null && <DeliverySwitches delivery={data} done={asked.again} />}
    >
      <Waiting asked={asked}>
        {(delivery) => (
          <>
            <Standing delivery={delivery} />
            <Panel title="Attempts">
              <Timeline delivery={delivery} />
            </Panel>
            {delivery.state !== "ended" && <AsSent id={id} />}
          </>
        )}
      </Waiting>
    </Page>
  );
}

function Standing({ delivery }: { readonly delivery: Delivery }) {
  const { outcome, next } = delivery;
  const reason = outcome?.reason;
  return (
    <Panel title={reason === undefined ? "Under way" : REASONS[reason]}>
      <p class="note">
        <strong>Next: </strong>
        {makeVisible(next.message)}
        {next.at !== null && (
          <>
            {" "}
            (<Time at={next.at} />)
          </>
        )}
      </p>
      <KnownFacts delivery={delivery} />
    </Panel>
  );
}

/** Of one that has ended only its outcome is left: what that does not tell is not known to be none. */
function sayNone({ state, outcome }: Delivery, none: string): string {
  if (state !== "ended") return none;
  return outcome?.outcome === "delivered" ? "not kept after delivery" : "not kept after its end";
}

function KnownFacts({ delivery }: { readonly delivery: Delivery }) {
  const { customerId, action, run, unsure } = useKept(delivery);
  const { destination, outcome, enqueuedAt, dueAt, expiresAt } = delivery;
  const or = (none: string): string => sayNone(delivery, none);
  const isGone = delivery.state === "ended";
  const lane = delivery.lane ?? delivery.home;
  // The outcome of one without a run says so.
  const noRun = action === null ? (unsure ?? or("–")) : "–";
  return (
    <Facts
      of={[
        ["Customer", <CustomerLink key="customer" id={customerId} none={unsure ?? or("none")} />],
        ["Action", <Named key="action" of={action} to={actionHref} none={unsure ?? or("–")} />],
        ["Run", <Named key="run" of={run} to={runHref} none={noRun} />],
        [
          "Destination",
          <Named key="destination" of={destination?.origin ?? null} to={destinationHref} none={or("–")} />,
        ],
        ["Reason", outcome === null ? "–" : <code key="reason">{outcome.reason}</code>],
        ["Lane", lane === null ? or("–") : <Data key="lane" of={lane} />],
        [
          findReplays(delivery).length > 0 ? "Replayed" : "Enqueued",
          <Time key="enqueued" at={enqueuedAt} isExact none={or("–")} />,
        ],
        ["Due", <Time key="due" at={dueAt} isExact none={or("–")} />],
        ["Expires", <Time key="expires" at={expiresAt} isExact none={or("never")} />],
        ["Ended", <Time key="ended" at={outcome?.endedAt ?? null} isExact none="–" />],
        ["Id", <Data key="id" of={delivery.id} isName />],
        ["Idempotency key", isGone ? or("–") : <Data key="key" of={delivery.idempotencyKey} isName />],
      ]}
    />
  );
}

interface NamedProps {
  readonly of: string | null;
  readonly to: (name: string) => string;
  readonly none: string;
}

function Named({ of, to, none }: NamedProps) {
  if (of === null) return <span class="faint">{none}</span>;
  return (
    <a href={to(of)}>
      <Data of={of} />
    </a>
  );
}

function CustomerLink({ id, none }: { readonly id: Delivery["customerId"]; readonly none: string }) {
  if (id === null || id === "") return <span class="faint">{none}</span>;
  return (
    <a href={toHref(["deliveries"], { customer: String(id) })}>
      <Data of={id} />
    </a>
  );
}
