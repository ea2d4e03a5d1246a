// Who changed what, the newest first.

import { Time } from "../../design/clock.tsx";
import { Data } from "../../design/data.tsx";
import { Field, readForm } from "../../design/form.tsx";
import { Listing, Pager } from "../../design/listing.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address, go, toHref } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import type { PageProps } from "../page-props.ts";

const PAGE = 50;

export function Audit(_: PageProps) {
  const { path, query } = address.value;
  const { by, on, after } = query;
  const asked = useAsk("listAudit", { query: { limit: PAGE, by, on, after } });
  return (
    <Panel title="Who changed what">
      <search>
        {" "}
        <form
          class="fields"
          key={`${by} ${on}`}
          onSubmit={(event) => {
            event.preventDefault();
            go(toHref(path, readForm(event.currentTarget)));
          }}
        >
          <Field label="By" name="by" value={by ?? ""} placeholder="a token's name" />
          <Field label="On" name="on" value={on ?? ""} placeholder="the thing's name or id" />
          <div class="form-foot end">
            <button type="submit">Find</button>
          </div>
        </form>
      </search>
      <Waiting asked={asked}>
        {({ audit, after: next }) => (
          <>
            {audit.length === 0 ? (
              <Empty title="Nothing is found." />
            ) : (
              <Listing
                name="Audit"
                rows={audit}
                keyOf={({ id }) => id}
                columns={[
                  { head: "When", cell: ({ at }) => <Time at={at} isExact /> },
                  { head: "By", cell: (entry) => <Data of={entry.by} /> },
                  { head: "What", cell: ({ what }) => <code>{what}</code> },
                  { head: "On", cell: (entry) => <Data of={entry.on} /> },
                  { head: "Before", cell: ({ from }) => (from === null ? "–" : <Data of={from} />) },
                  { head: "Since", cell: ({ to }) => (to === null ? "–" : <Data of={to} />) },
                  { head: "Via", cell: ({ via }) => via },
                ]}
              />
            )}
            <Pager after={next} />
          </>
        )}
      </Waiting>
    </Panel>
  );
}
