// Secrets by their names: what they hold is shown nowhere.

import { Listing } from "../../design/listing.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { useAsk } from "../../session/use-ask.ts";
import type { PageProps } from "../page-props.ts";

export function Secrets(_: PageProps) {
  const asked = useAsk("listSecrets", {});
  return (
    <Panel title="Secrets, by name alone">
      <Waiting asked={asked}>
        {({ secrets }) =>
          secrets.length === 0 ? (
            <Empty title="No secret is stored.">
              <p>
                Templates use one as <code>{"{{ secrets.NAME }}"}</code>; store it with{" "}
                <code>postrider secrets set NAME</code>
              </p>
            </Empty>
          ) : (
            <Listing
              name="Secrets"
              rows={secrets}
              keyOf={({ name }) => name}
              columns={[{ head: "Name", cell: ({ name }) => <code>{name}</code> }]}
            />
          )
        }
      </Waiting>
    </Panel>
  );
}
