// A file on its way into a run: how far it is, what was taken in, and the way to the run itself.

import { type FileWork, isRefusedForGood, work } from "../../customers-file/file-work.ts";
import { Data } from "../../design/data.tsx";
import { Facts, Panel } from "../../design/panel.tsx";
import { showCount, showMany } from "../../words/numbers.ts";
import { actionHref, runHref } from "../links.ts";
import { FileStanding, FileSwitches } from "./file-standing.tsx";
import { Rejected } from "./rejected.tsx";

interface SentProps {
  /** Gives it up and leads back to the form. */
  readonly onLeave: (sent: FileWork) => void;
}

export function Sent({ onLeave }: SentProps) {
  const sent = work.value;
  if (sent === null) return null;
  const { counts, order, state } = sent;
  const isRefused = isRefusedForGood(sent);
  return (
    <>
      <Panel title={sayStanding(sent)}>
        <FileStanding of={sent} />
        <Facts
          of={[
            [
              "Run",
              // Of one that was refused at once there is nothing to be seen.
              isRefused && counts.enqueued === 0 ? (
                <Data key="run" of={order.run} />
              ) : (
                <a key="run" href={runHref(order.run)}>
                  <Data of={order.run} />
                </a>
              ),
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
        {state !== "done" && state !== "failed" && (
          <p class="hint">You may look at other pages meanwhile; closing this tab stops it.</p>
        )}
        <div class="form-foot">
          {!isRefused && (
            <a class={state === "done" ? "button primary" : "button"} href={runHref(order.run)}>
              Watch the run
            </a>
          )}
          <FileSwitches of={sent} onStop={() => onLeave(sent)} />
          {state === "done" && (
            <button type="button" onClick={() => onLeave(sent)}>
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
