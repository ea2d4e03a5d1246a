// A file on its way into a run: how far it is, what was taken in, and the way to the run itself.

import { type FileWork, stop, work } from "../../customers-file/file-work.ts";
import { Data } from "../../design/data.tsx";
import { Facts, Panel } from "../../design/panel.tsx";
import { showCount, showMany } from "../../words/numbers.ts";
import { actionHref, runHref } from "../links.ts";
import { FileStanding, FileSwitches } from "./file-standing.tsx";
import { Rejected } from "./rejected.tsx";

export function Sent() {
  const sent = work.value;
  if (sent === null) return null;
  const { counts, order, state } = sent;
  return (
    <>
      <Panel title={sayStanding(sent)}>
        <FileStanding of={sent} />
        <Facts
          of={[
            [
              "Run",
              <a key="run" href={runHref(order.run)}>
                <Data of={order.run} />
              </a>,
            ],
            [
              "Action",
              <a key="action" href={actionHref(order.action)}>
                <Data of={order.action} />
              </a>,
            ],
            ["Enqueued", showCount(counts.enqueued)],
            ["Known before", showCount(counts.duplicates)],
            ["Rejected lines", showCount(counts.rejected)],
            ...(counts.recovered > 0
              ? ([["Lost and taken in again", showCount(counts.recovered)]] as const)
              : []),
          ]}
        />
        {state !== "done" && (
          <p class="hint">You may look at other pages meanwhile; closing this tab stops it.</p>
        )}
        <div class="form-foot">
          <a class={state === "done" ? "button primary" : "button"} href={runHref(order.run)}>
            Watch the run
          </a>
          <FileSwitches of={sent} />
          {state === "done" && (
            <button type="button" onClick={stop}>
              Send another file
            </button>
          )}
        </div>
      </Panel>
      <Rejected of={sent} />
    </>
  );
}

function sayStanding({ state, counts }: FileWork): string {
  const many = showMany(counts.enqueued, "delivery", "deliveries");
  if (state === "done") return `${many} enqueued`;
  return state === "failed" ? `Stopped after ${many}` : `${many} enqueued so far`;
}
