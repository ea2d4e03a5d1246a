// What a preview tells: the request of each customer, those that would fail first; what will surprise; and
// where each value lands and how it is escaped there.

import type { Operations } from "@postrider/client/generated";
import { useState } from "preact/hooks";
import { Badge } from "../../design/badge.tsx";
import { Data } from "../../design/data.tsx";
import { Panel } from "../../design/panel.tsx";
import { showCount, showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { isOfResult } from "../composer/told-problems.ts";
import { Request } from "../deliveries/as-sent.tsx";

type Preview = Operations["previewAction"]["reply"];
type One = Preview["previews"][number];

interface PreviewedProps {
  readonly preview: Preview;
  /** Where they are told beside what they are about, there is no need to tell them again. */
  readonly withHints: boolean;
}

export function Previewed({ preview: { previews, warnings }, withHints }: PreviewedProps) {
  const sorted = [...previews].sort((a, b) => b.problems.length - a.problems.length);
  const failing = previews.filter(({ problems }) => problems.length > 0).length;
  return (
    <Panel
      title={
        failing === 0
          ? `${showMany(previews.length, "request", "requests")}, all sound`
          : `${showCount(failing)} of ${showMany(previews.length, "request", "requests")} would fail`
      }
    >
      {withHints &&
        warnings.map(({ pointer, message, line, column }) => (
          <p class="note" key={`${pointer} ${message} ${line} ${column}`}>
            <code>{makeVisible(pointer)}</code>: {makeVisible(message)}
          </p>
        ))}
      {sorted.map((one, at) => (
        <OnePreview key={`${one.customerId} ${at}`} one={one} isOpen={at === 0} />
      ))}
    </Panel>
  );
}

interface LandingsProps {
  readonly outputs: Preview["outputs"];
  /** What is done to a value, by its place. */
  readonly places: Readonly<Record<string, string>>;
}

export function Landings({ outputs, places }: LandingsProps) {
  if (outputs.length === 0) return null;
  return (
    <Panel title="Where each value lands">
      <ul class="landings">
        {outputs.map(({ field, line, column, expression, place }) => (
          <li key={`${field} ${line} ${column}`}>
            <Data of={expression} isName />
            <span>
              {places[place] ?? place}{" "}
              <span class="faint">
                ({field}, line {line})
              </span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function OneProblem({ of }: { readonly of: One["problems"][number] }) {
  const { pointer, message, line, column } = of;
  return (
    <p class="problem">
      <span>
        <code>{makeVisible(pointer)}</code>
        {line !== undefined && `, line ${line}, column ${column ?? 1}`}
        {line !== undefined && isOfResult(of) && " of what it renders to"}: {makeVisible(message)}
      </span>
    </p>
  );
}

function OnePreview({ one, isOpen }: { readonly one: One; readonly isOpen: boolean }) {
  // Of fifty requests, most are never looked at.
  const [isShown, setShown] = useState(isOpen);
  const { customerId, problems, url, method, headers, body, missing, unused, bytes } = one;
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setShown(currentTarget.open)}>
      <summary>
        <Data of={customerId} /> {problems.length > 0 && <Badge state="fails" tone="bad" />}
      </summary>
      {isShown && (
        <div class="dialog-body">
          {problems.map((problem) => (
            <OneProblem key={`${problem.pointer} ${problem.message} ${problem.line}`} of={problem} />
          ))}
          {url !== null && <Request request={{ method, url, headers, body }} />}
          <p class="hint">
            {bytes !== null && `${showCount(bytes.headers + bytes.body)} bytes. `}
            {missing.length > 0 && `Missing from the data: ${missing.map(makeVisible).join(", ")}. `}
            {unused.length > 0 && `In the data, not used: ${unused.map(makeVisible).join(", ")}.`}
          </p>
        </div>
      )}
    </details>
  );
}
