// The attempts of a delivery in their order: what was met, how long each phase took, and what was made of it.

import { Badge, type Tone } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Block, Data } from "../../design/data.tsx";
import { Facts } from "../../design/panel.tsx";
import { showSpan } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { sayFinding, type Told } from "./attempt-words.ts";
import type { Delivery } from "./delivery-switches.tsx";

export function Timeline({ delivery }: { readonly delivery: Delivery }) {
  const { attempts, enqueuedAt, outcome, next } = delivery;
  if (attempts.length === 0)
    return (
      <p class="calm-note">
        {outcome?.outcome === "delivered"
          ? "It was delivered; what each attempt met is kept until then alone."
          : "Nothing has been tried yet."}
      </p>
    );
  return (
    <ol class="timeline">
      {enqueuedAt !== null && (
        <li>
          <p class="timeline-head">
            <strong>Enqueued</strong> <Time at={enqueuedAt} isExact />
          </p>
        </li>
      )}
      {attempts.map((attempt) => (
        <OneAttempt key={`${attempt.attempt} ${attempt.at}`} attempt={attempt as unknown as Told} />
      ))}
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

function toneOf({ kind, outcome }: Told["verdict"]): Tone {
  if (kind === "retry") return "warn";
  if (outcome === "delivered") return "good";
  return outcome === "failed" ? "bad" : "quiet";
}

function OneAttempt({ attempt }: { readonly attempt: Told }) {
  const { finding, verdict, timings, destination, rule } = attempt;
  const verdictText = verdict.outcome ?? verdict.kind;
  return (
    <li class={toneOf(verdict)}>
      <p class="timeline-head">
        <strong>Attempt {attempt.attempt}</strong>
        <Time at={attempt.at} isExact />
        <span>{sayFinding(finding)}</span>
        <Badge state={verdictText} tone={toneOf(verdict)} />
      </p>
      {rule !== undefined && rule !== "" && <p>{makeVisible(rule)}</p>}
      <Phases timings={timings} destination={destination} />
      {(finding.problems ?? []).map(({ field, message }) => (
        <p key={`${field} ${message}`}>
          <code>{makeVisible(field)}</code>: {makeVisible(message)}
        </p>
      ))}
      {finding.kind === "reply" && <Reply finding={finding} />}
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

function Reply({ finding: { headers = {}, body = "", isCut, trouble } }: Pick<Told, "finding">) {
  return (
    <details>
      <summary>The reply</summary>
      <div class="dialog-body">
        <Facts
          of={Object.entries(headers).map(([name, value]) => [
            makeVisible(name),
            <Data key={name} of={value} />,
          ])}
        />
        {body === "" ? (
          <p class="calm-note">It had no body.</p>
        ) : (
          <Block text={body} label="Body of the reply" />
        )}
        {isCut === true && <p class="hint">The body is cut: only its beginning is kept.</p>}
        {trouble !== undefined && <p class="hint">{makeVisible(trouble)}</p>}
      </div>
    </details>
  );
}
