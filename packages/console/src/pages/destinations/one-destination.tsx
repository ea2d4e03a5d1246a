// One destination: whether it takes what it is sent, whose limits hold, what waits for it and until when, and
// the switches.

import type { Destination } from "@postrider/client/generated";
import { Badge } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Facts, Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { toHref } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { showCount, showShort, showSpan } from "../../words/numbers.ts";
import { AnswerTimes, Measures, SpanChoice } from "../series.tsx";
import { DestinationSwitches } from "./destination-switches.tsx";
import { stateOf } from "./destination-words.ts";
import { useDrain } from "./use-drain.ts";

const EVERY_MS = 3_000;

export function OneDestination({ origin }: { readonly origin: string }) {
  const asked = useAsk("getDestination", { params: { origin } }, { everyMs: EVERY_MS });
  const { data } = asked;
  return (
    <Page
      title={<Data of={origin} />}
      name={origin}
      above={{ href: "#/destinations", label: "Destinations" }}
      badge={data !== null && <Badge state={stateOf(data)} />}
      actions={data !== null && <DestinationSwitches destination={data} done={asked.again} />}
    >
      <Waiting asked={asked}>
        {(destination) => (
          <>
            <Standing destination={destination} />
            <div class="grid">
              <Panel title="Deliveries" aside={<SpanChoice />}>
                <Measures
                  name="Deliveries to this destination, per second"
                  unit="per second"
                  of={{ by: "destination", name: destination.origin }}
                  lines={[
                    { measure: "attempts", name: "attempts", color: "series-2" },
                    { measure: "delivered", name: "delivered", color: "good" },
                    { measure: "failed", name: "failed", color: "bad" },
                  ]}
                />
              </Panel>
              <Panel title="Answer times">
                <AnswerTimes of={{ by: "destination", name: destination.origin }} />
              </Panel>
            </div>
          </>
        )}
      </Waiting>
    </Page>
  );
}

function Standing({ destination }: { readonly destination: Destination }) {
  const { waiting, delayed, inFlight, limits, adaptiveRatePerSecond, origin } = destination;
  const rates = [limits.ratePerSecond, adaptiveRatePerSecond].filter((rate) => typeof rate === "number");
  const rate = rates.length === 0 ? null : Math.min(...rates);
  const left = waiting + delayed;
  const drain = useDrain(left);
  return (
    <Panel title={left === 0 ? "Nothing waits for it" : `${showCount(left)} wait for it`}>
      <Facts
        of={[
          [
            "Paused until",
            destination.isPaused ? (
              <Time key="p" at={destination.pausedUntil} none="somebody resumes it" />
            ) : (
              "not paused"
            ),
          ],
          ["Circuit", <Badge key="circuit" state={destination.circuit} />],
          ["Not closed since", <Time key="since" at={destination.circuitSince} none="–" />],
          ["Next probe", <Time key="probe" at={destination.probeAt} none="–" />],
          ["Asked to be left alone until", <Time key="cools" at={destination.coolsUntil} none="–" />],
          [
            "Slowed down by its 429s since",
            <Time key="throttled" at={destination.throttledSince} none="–" />,
          ],
          [
            "Rate that they taught",
            adaptiveRatePerSecond === null ? "–" : `${showShort(adaptiveRatePerSecond)}/s`,
          ],
          [
            "Rate limit",
            <Limit
              key="rate"
              value={limits.ratePerSecond}
              unit="/s"
              source={destination.limitSources.ratePerSecond}
            />,
          ],
          [
            "Concurrency limit",
            <Limit
              key="at"
              value={limits.concurrency}
              unit=" at once"
              source={destination.limitSources.concurrency}
            />,
          ],
          [
            "Waiting",
            <a key="waiting" href={toHref(["deliveries"], { destination: origin, state: "waiting" })}>
              {showCount(waiting)}
            </a>,
          ],
          ["Delayed", showCount(delayed)],
          ["In flight", showCount(inFlight)],
          ["All of it gone", sayGone(destination, rate, drain)],
          ["Lane", <Data key="lane" of={destination.lane ?? "shares lanes with everybody"} />],
        ]}
      />
      <p>
        <a href={toHref(["dead-letters"], { destination: origin })}>Its dead letters</a>
      </p>
    </Panel>
  );
}

/** When all that waits is sent: by the rate that it is granted, or else as it goes at present. */
function sayGone(destination: Destination, rate: number | null, drain: number | null): string {
  const left = destination.waiting + destination.delayed;
  if (left === 0) return "nothing waits";
  if (destination.isPaused) return "not before it is resumed";
  if (destination.circuit === "open") return "not before it answers a probe";
  if (rate !== null && rate > 0) return `in ${showSpan((left / rate) * 1_000)} at its rate, at the soonest`;
  return drain === null ? "–" : `in about ${showSpan((left / drain) * 1_000)}, as it goes now`;
}

interface LimitProps {
  readonly value: number | undefined;
  readonly unit: string;
  readonly source: { readonly by: string; readonly until: string | null } | undefined;
}

function Limit({ value, unit, source }: LimitProps) {
  if (value === undefined) return <>none</>;
  return (
    <>
      {showShort(value)}
      {unit}
      {source !== undefined && (
        <span class="faint">
          {" "}
          by {source.by}
          {source.until !== null && (
            <>
              , ends <Time at={source.until} />
            </>
          )}
        </span>
      )}
    </>
  );
}
