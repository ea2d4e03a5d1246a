// Why deliveries of a run failed: by reason, and the latest ones with what they met.

import type { Operations } from "@postrider/client/generated";
import { REASONS } from "@postrider/shared/outcome";
import { Listing } from "../../design/listing.tsx";
import { Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { toHref } from "../../platform/address.ts";
import { type Asked, useAsk } from "../../session/use-ask.ts";
import { showCount } from "../../words/numbers.ts";
import { HOW_OFTEN, WHOSE } from "../letter-columns.tsx";
import { FirstMet } from "../met.tsx";
import type { Run } from "./run-switches.tsx";

export function Failures({ run }: { readonly run: Run }) {
  const ever = Object.entries(run.failedByReason);
  const reasons = ever
    // Of a reason whose deliveries were all replayed none is left.
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  if (reasons.length === 0)
    return (
      <Panel title="Failures" isWide>
        <p class="calm-note">
          {ever.length === 0
            ? "No delivery of this run has failed."
            : "None is left: those that had failed were replayed."}
        </p>
      </Panel>
    );
  return (
    <>
      <Panel title="Failures by reason">
        <Listing
          name="Failures by reason"
          rows={reasons}
          keyOf={([reason]) => reason}
          columns={[
            {
              head: "Reason",
              cell: ([reason]) => (
                <>
                  <a href={toHref(["dead-letters"], { run: run.run, reason })}>
                    <code>{reason}</code>
                  </a>
                  <div class="hint">{REASONS[reason as keyof typeof REASONS] ?? ""}</div>
                </>
              ),
            },
            { head: "Failed", isNumber: true, cell: ([, count]) => showCount(count) },
          ]}
        />
      </Panel>
      <Latest run={run.run} />
    </>
  );
}

const SHOWN = 6;

function Latest({ run }: { readonly run: string }) {
  const asked = useAsk("listDeadLetters", { query: { run, limit: SHOWN } }, { everyMs: 10_000 });
  return (
    <>
      <LatestList run={run} asked={asked} />
      <FirstMet letters={asked.data?.deadLetters ?? []} />
    </>
  );
}

interface LatestProps {
  readonly run: string;
  readonly asked: Asked<Operations["listDeadLetters"]["reply"]>;
}

function LatestList({ run, asked }: LatestProps) {
  return (
    <Panel title="Latest failures" aside={<a href={toHref(["dead-letters"], { run })}>All of this run</a>}>
      <Waiting asked={asked}>
        {({ deadLetters }) =>
          deadLetters.length === 0 ? (
            <p class="calm-note">None is kept as a dead letter any more.</p>
          ) : (
            <Listing
              name="Latest failures"
              rows={deadLetters}
              keyOf={({ id }) => id}
              columns={[...WHOSE, ...HOW_OFTEN]}
            />
          )
        }
      </Waiting>
    </Panel>
  );
}
