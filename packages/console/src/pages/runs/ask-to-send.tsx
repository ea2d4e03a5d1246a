// The question before a file becomes a run; it says what a dry run has found, where there was one.

import type { FileOrder } from "../../customers-file/file-order.ts";
import { begin, type FileWork } from "../../customers-file/file-work.ts";
import { confirm } from "../../design/confirm.tsx";
import { Data } from "../../design/data.tsx";
import { showCount, showMany } from "../../words/numbers.ts";

/** @param tried null: the file was not tried. */
export function askToSend(order: FileOrder, tried: FileWork | null): void {
  const { action, run, file, hold } = order;
  const many = tried === null ? null : showMany(countEnqueued(tried), "delivery", "deliveries");
  confirm({
    title: many === null ? "Enqueue this file without a dry run?" : `Enqueue ${many}?`,
    body: (
      <>
        <p>
          {many ?? (
            <>
              Every customer of <Data of={file.name} />
            </>
          )}{" "}
          of the action <Data of={action} />, as the run <Data of={run} />.{" "}
          {hold ? "They wait until the run is released." : "Sending begins at once."}
        </p>
        {tried !== null && tried.counts.failed > 0 && (
          <p class="note warn">
            {showMany(tried.counts.failed, "of them fails", "of them fail")} as the action is now:{" "}
            {tried.counts.failed === 1 ? "a dead letter" : "dead letters"} to come.
          </p>
        )}
        {tried !== null && tried.counts.rejected > 0 && (
          <p>{showCount(tried.counts.rejected)} rejected lines are left out.</p>
        )}
      </>
    ),
    verb: many === null ? "Enqueue the file" : `Enqueue ${many}`,
    async act() {
      begin("send", order);
    },
  });
}

/** All but what cannot be read: what cannot be composed becomes a dead letter. */
export function countEnqueued({ counts: { composed, cancelled, failed } }: FileWork): number {
  return composed + cancelled + failed;
}
