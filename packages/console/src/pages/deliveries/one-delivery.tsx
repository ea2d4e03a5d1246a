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
import { Timeline } from "./timeline.tsx";

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
  const { customerId, action, run, destination, outcome, next } = delivery;
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
      <Facts
        of={[
          [
            "Customer",
            <a key="customer" href={toHref(["deliveries"], { customer: String(customerId ?? "") })}>
              <Data of={customerId} />
            </a>,
          ],
          [
            "Action",
            action === null ? (
              "–"
            ) : (
              <a key="action" href={actionHref(action)}>
                {action}
              </a>
            ),
          ],
          [
            "Run",
            run === null ? (
              "–"
            ) : (
              <a key="run" href={runHref(run.run)}>
                {run.run}
              </a>
            ),
          ],
          [
            "Destination",
            destination === null ? (
              "–"
            ) : (
              <a key="destination" href={destinationHref(destination.origin)}>
                <Data of={destination.origin} />
              </a>
            ),
          ],
          ["Reason", reason === undefined ? "–" : <code key="reason">{reason}</code>],
          ["Lane", <Data key="lane" of={delivery.lane ?? delivery.home} />],
          ["Enqueued", <Time key="enqueued" at={delivery.enqueuedAt} isExact none="–" />],
          ["Due", <Time key="due" at={delivery.dueAt} isExact none="–" />],
          ["Expires", <Time key="expires" at={delivery.expiresAt} isExact none="never" />],
          ["Ended", <Time key="ended" at={outcome?.endedAt ?? null} isExact none="–" />],
          ["Id", <Data key="id" of={delivery.id} isName />],
          ["Idempotency key", <Data key="key" of={delivery.idempotencyKey} isName />],
        ]}
      />
    </Panel>
  );
}
