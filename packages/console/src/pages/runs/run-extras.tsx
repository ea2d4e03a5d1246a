// What a run may be told beside its action and its customers.

import { Choice, Field } from "../../design/form.tsx";
import { Check } from "../../design/pickers.tsx";

const FORMATS = [
  ["", "as the file's name says"],
  ["csv", "CSV"],
  ["ndjson", "NDJSON"],
] as const;

export function RunExtras() {
  return (
    <>
      <div class="fields roomy">
        <Check
          label="Hold it"
          name="hold"
          hint="Nothing is sent until the run is released: time for a last look."
        />
        <Check label="More will come" name="open" hint="The run is not closed behind the last customer." />
      </div>
      <details>
        <summary>Lane, labels, times and data for all</summary>
        <div class="fields">
          <Field label="Lane" name="lane" placeholder="bulk" hint="Empty: bulk." />
          <Field label="Labels" name="labels" placeholder="vip, spring" hint="Outcomes carry them." />
          <Field label="Not before (UTC)" name="sendAt" placeholder="2026-12-01T08:00:00Z" />
          <Field label="Expires (UTC)" name="expiresAt" placeholder="2026-12-02T08:00:00Z" />
          <Field label="Event for all, as JSON" name="event" placeholder='{"campaign": "spring"}' />
          <Field label="Further values, as JSON" name="values" placeholder='{"event_name": "offer"}' />
          <Choice label="Format" name="format" value="" of={FORMATS} />
        </div>
      </details>
    </>
  );
}
