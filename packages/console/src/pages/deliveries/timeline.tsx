// The attempts of a delivery in their order: what was met, how long each phase took, and what was made of it.

import { Badge, type Tone } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Block, Data } from "../../design/data.tsx";
import { Facts } from "../../design/panel.tsx";
import { showMany, showSpan } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { sayFinding, type Told } from "./attempt-words.ts";
import type { Delivery } from "./delivery-switches.tsx";
import { findReplays } from "./put-back.ts";

export function Timeline({ delivery }: { readonly delivery: Delivery }) {
  const { attempts, enqueuedAt, next } = delivery;
  if (attempts.length === 0) return <p class="calm-note">{sayNoAttempts(delivery)}</p>;
  const replays = findReplays(delivery);
  // Of several replays only the time of the last is kept.
  const toTime = (place: number) => (place === replays.at(-1) ? enqueuedAt : null);
  const toReplay = (place: number) =>
    replays.includes(place) && <Moment key={`replay ${place}`} what="Replayed" at={toTime(place)} />;
  return (
    <ol class="timeline">
      {enqueuedAt !== null && replays.length === 0 && <Moment what="Enqueued" at={enqueuedAt} />}
      {attempts.map((attempt, place) => [
        toReplay(place),
        <OneAttempt key={`${attempt.attempt} ${attempt.at}`} attempt={attempt as unknown as Told} />,
      ])}
      {toReplay(attempts.length)}
      <li class="next">
        <p class="timeline-head">
          <strong>Next</strong>
          {next.at !== null && <Time at={next.at} />}
          <span>{makeVisible(next.message)}</span>
        </p>
      </li>
    </ol>
  );
}

function sayNoAttempts({ outcome, state }: Delivery): string {
  if (outcome === null || state !== "ended" || outcome.attempts === 0)
    return state === "ended" ? "Nothing was tried." : "Nothing has been tried yet.";
  const tries = showMany(outcome.attempts, "attempt", "attempts");
  return outcome.outcome === "delivered"
    ? `Delivered after ${tries}. What an attempt met is no longer kept once the delivery has arrived.`
    : `Ended after ${tries}. What an attempt met is no longer kept once the delivery has ended.`;
}

function Moment({ what, at }: { readonly what: string; readonly at: string | null }) {
  return (
    <li>
      <p class="timeline-head">
        <strong>{what}</strong> {at !== null && <Time at={at} isExact />}
      </p>
    </li>
  );
}

function toneOf({ kind, outcome }: Told["verdict"]): Tone {
  if (kind === "retry") return "warn";
  if (outcome === "delivered") return "good";
  return outcome === "failed" ? "bad" : "quiet";
}

function OneAttempt({ attempt }: { readonly attempt: Told }) {
  const { finding, verdict, timings, destination, rule } = attempt;
  const verdictText = verdict.outcome ?? verdict.kind;
  const isFailed = verdict.outcome === "failed";
  return (
    <li class={toneOf(verdict)}>
      <p class="timeline-head">
        <strong>Attempt {attempt.attempt}</strong>
        <Time at={attempt.at} isExact />
        <span>{sayFinding(finding)}</span>
        <Badge state={verdictText} tone={toneOf(verdict)} />
      </p>
      {rule !== undefined && rule !== "" && <p>{makeVisible(rule)}</p>}
      {isFailed && finding.kind === "reply" && <Reply finding={finding} isOpen />}
      <Phases timings={timings} destination={destination} />
      {(finding.problems ?? []).map(({ field, message }) => (
        <p key={`${field} ${message}`}>
          <code>{makeVisible(field)}</code>: {makeVisible(message)}
        </p>
      ))}
      {!isFailed && finding.kind === "reply" && <Reply finding={finding} isOpen={false} />}
    </li>
  );
}

/** Where the time went: until it was composed, until the first byte of the reply, and the rest of that. */
function Phases({ timings, destination }: Pick<Told, "timings" | "destination">) {
  const { composeMs, firstByteMs, totalMs } = timings;
  const waitMs = firstByteMs ?? totalMs;
  const parts = [
    { name: "composing", color: "series-2", ms: composeMs },
    { name: firstByteMs === null ? "until it broke off" : "first byte", color: "series-1", ms: waitMs },
    ...(firstByteMs === null ? [] : [{ name: "the rest", color: "series-3", ms: totalMs - waitMs }]),
  ];
  const all = Math.max(
    1,
    parts.reduce((sum, { ms }) => sum + ms, 0),
  );
  return (
    <div class="phases">
      <div class="bar" aria-hidden="true">
        {parts.map(({ name, color, ms }) => (
          <span key={name} class={`swatch ${color}`} style={{ width: `${(ms / all) * 100}%` }} />
        ))}
      </div>
      <p class="timings">
        {parts.map(({ name, color, ms }) => (
          <span key={name} class="legend-item">
            <i class={`swatch ${color}`} aria-hidden="true" />
            {name} {showSpan(ms)}
          </span>
        ))}
        {destination !== null && (
          <span>
            to <Data of={destination} />
          </span>
        )}
      </p>
    </div>
  );
}

interface ReplyProps extends Pick<Told, "finding"> {
  /** The body in sight, since it says why. */
  readonly isOpen: boolean;
}

function Reply({ finding, isOpen }: ReplyProps) {
  const headers = <ReplyHeaders of={finding.headers ?? {}} />;
  if (isOpen)
    return (
      <>
        <ReplyBody finding={finding} />
        <details>
          <summary>Headers of the reply</summary>
          <div class="dialog-body">{headers}</div>
        </details>
      </>
    );
  return (
    <details>
      <summary>The reply</summary>
      <div class="dialog-body">
        {headers}
        <ReplyBody finding={finding} />
      </div>
    </details>
  );
}

function ReplyHeaders({ of }: { readonly of: Readonly<Record<string, string>> }) {
  return (
    <Facts
      of={Object.entries(of).map(([name, value]) => [makeVisible(name), <Data key={name} of={value} />])}
    />
  );
}

function ReplyBody({ finding: { body = "", isCut, trouble } }: Pick<Told, "finding">) {
  return (
    <>
      {body === "" ? (
        <p class="calm-note">The reply had no body.</p>
      ) : (
        <Block text={body} label="Body of the reply" />
      )}
      {isCut === true && <p class="hint">The body is cut: only its beginning is kept.</p>}
      {trouble !== undefined && <p class="hint">{makeVisible(trouble)}</p>}
    </>
  );
}
