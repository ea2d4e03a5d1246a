// The attempts of a delivery in their order: what was met, how long each phase took, and what was made of it.

import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { Badge, type Tone } from "../../design/badge.tsx";
import { Time } from "../../design/clock.tsx";
import { Block, Data } from "../../design/data.tsx";
import { Facts } from "../../design/panel.tsx";
import { showSpan } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import type { Delivery } from "./delivery-switches.tsx";

/** What the API leaves open in its description, as workers write it. */
interface Told extends Omit<AttemptRecord, "at"> {
  readonly at: string;
  /** The rule that made the verdict, in words. */
  readonly rule?: string;
}

export function Timeline({ delivery: { attempts, enqueuedAt, outcome } }: { readonly delivery: Delivery }) {
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
      <p class="timings">
        {destination !== null && <Data of={destination} />}
        <span>composed in {showSpan(timings.composeMs)}</span>
        {timings.firstByteMs !== null && <span>first byte after {showSpan(timings.firstByteMs)}</span>}
        <span>{showSpan(timings.totalMs)} in all</span>
      </p>
      {(finding.problems ?? []).map(({ field, message }) => (
        <p key={`${field} ${message}`}>
          <code>{makeVisible(field)}</code>: {makeVisible(message)}
        </p>
      ))}
      {finding.kind === "reply" && <Reply finding={finding} />}
    </li>
  );
}

function sayFinding({ kind, status, code, message, judged }: Told["finding"]): string {
  if (status !== undefined)
    return judged === undefined ? `answered ${status}` : `answered ${status}, judged as ${judged.as}`;
  if (code !== undefined) return makeVisible(`${code}${message === undefined ? "" : `: ${message}`}`);
  return kind.replaceAll("-", " ");
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
