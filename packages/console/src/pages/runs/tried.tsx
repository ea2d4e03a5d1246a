// What a dry run has found: how many would be sent, what would fail and why, and the first requests.

import { type FileWork, stop, work } from "../../customers-file/file-work.ts";
import type { Kind } from "../../customers-file/send-piece.ts";
import { Data } from "../../design/data.tsx";
import { Listing } from "../../design/listing.tsx";
import { Facts, Panel } from "../../design/panel.tsx";
import { showCount, showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import { Request } from "../deliveries/as-sent.tsx";
import { askToSend, countEnqueued } from "./ask-to-send.tsx";
import { FileStanding, FileSwitches } from "./file-standing.tsx";
import { Rejected } from "./rejected.tsx";

/** @param isStale the form was changed since, so that it no longer says what was tried. */
export function Tried({ isStale }: { readonly isStale: boolean }) {
  const tried = work.value;
  if (tried === null) return null;
  const { composed, cancelled, failed, rejected } = tried.counts;
  const isDone = tried.state === "done";
  return (
    <>
      <Panel title={isDone ? "Dry run: nothing was enqueued" : "Dry run under way"}>
        <FileStanding of={tried} />
        <Facts
          of={[
            ["Would be sent", showCount(composed)],
            ["Would fail", showCount(failed)],
            ["Called off by the template", showCount(cancelled)],
            ["Rejected lines", showCount(rejected)],
          ]}
        />
        {isStale && <p class="note warn">The form was changed since: try it dry again.</p>}
        <div class="form-foot">
          {isDone && !isStale && countEnqueued(tried) > 0 && (
            <button type="button" class="primary" onClick={() => askToSend(tried.order, tried)}>
              Enqueue {showMany(countEnqueued(tried), "delivery", "deliveries")} …
            </button>
          )}
          <FileSwitches of={tried} onStop={stop} />
        </div>
      </Panel>
      <Failing kinds={tried.kinds} />
      <Rejected of={tried} />
      <Samples of={tried} />
    </>
  );
}

function Failing({ kinds }: { readonly kinds: readonly Kind[] }) {
  if (kinds.length === 0) return null;
  return (
    <Panel title="What would fail">
      <Listing
        name="What would fail"
        rows={kinds}
        keyOf={({ message }) => message}
        columns={[
          { head: "Customers", isNumber: true, cell: ({ count }) => showCount(count) },
          { head: "Reason", cell: ({ reason }) => <code>{reason}</code> },
          { head: "Why", cell: ({ message }) => makeVisible(message) },
          { head: "The first of them", cell: ({ customerId }) => <Data of={customerId} /> },
          { head: "Line", isNumber: true, cell: ({ line }) => showCount(line) },
        ]}
      />
    </Panel>
  );
}

function Samples({ of: { samples } }: { readonly of: FileWork }) {
  if (samples.length === 0) return null;
  return (
    <Panel title={`The first ${showMany(samples.length, "request", "requests")}, credentials masked`}>
      {samples.map((sample) => (
        <details key={String(sample.customerId)} open={sample === samples[0]}>
          <summary>
            <Data of={sample.customerId} />
          </summary>
          <div class="dialog-body">
            <Request request={{ ...sample, url: sample.url ?? "" }} />
          </div>
        </details>
      ))}
    </Panel>
  );
}
