// The lines of a file that are not enqueued: the first with what to change, and all of them as a file.

import { type FileWork, takeRejected } from "../../customers-file/file-work.ts";
import { Listing } from "../../design/listing.tsx";
import { Panel } from "../../design/panel.tsx";
import { showCount, showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";

export function Rejected({ of }: { readonly of: FileWork }) {
  const { counts, rejectedShown } = of;
  if (counts.rejected === 0) return null;
  const more = counts.rejected - rejectedShown.length;
  return (
    <Panel
      title={showMany(counts.rejected, "rejected line", "rejected lines")}
      aside={
        <button type="button" onClick={() => save(takeRejected(of))}>
          Save them as a file
        </button>
      }
    >
      <Listing
        name="Rejected lines"
        rows={rejectedShown}
        keyOf={({ line, column }) => `${line} ${column}`}
        columns={[
          { head: "Line", isNumber: true, cell: ({ line }) => showCount(line) },
          { head: "Column", isNumber: true, cell: ({ column }) => showCount(column) },
          { head: "What to change", cell: ({ message }) => makeVisible(message) },
        ]}
      />
      {more > 0 && <p class="hint">{showCount(more)} more are not listed here.</p>}
      <p class="hint">
        Mend the file, and enqueue it under the same run: nobody who is in it already is sent a second
        request.
      </p>
    </Panel>
  );
}

function save(file: File | null): void {
  if (file === null) return;
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(url);
}
