// Secrets by their names: set and removed here, and what they hold is shown nowhere.

import { Time } from "../../design/clock.tsx";
import { confirm } from "../../design/confirm.tsx";
import { Field, SecretField } from "../../design/form.tsx";
import { Listing } from "../../design/listing.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { may, tellApi } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import type { PageProps } from "../page-props.ts";

export function Secrets(_: PageProps) {
  const asked = useAsk("listSecrets", {});
  return (
    <Panel
      title="Secrets, by name alone"
      aside={
        may("manage") && (
          <button type="button" onClick={() => askSet(null, asked.again)}>
            New secret …
          </button>
        )
      }
    >
      <Waiting asked={asked}>
        {({ secrets }) =>
          secrets.length === 0 ? (
            <Empty title="No secret is stored.">
              <p>
                Templates use one as <code>{"{{ secrets.NAME }}"}</code>. Store it here, or with{" "}
                <code>postrider secrets set NAME</code>
              </p>
            </Empty>
          ) : (
            <Listing
              name="Secrets"
              rows={secrets}
              keyOf={({ name }) => name}
              columns={[
                { head: "Name", cell: ({ name }) => <code>{name}</code> },
                { head: "Set", cell: ({ setAt }) => <Time at={setAt} /> },
                { head: "Sealed by", cell: ({ keyId }) => <code>{keyId}</code> },
                ...(may("manage")
                  ? [
                      {
                        head: "Change",
                        cell: ({ name }: { readonly name: string }) => (
                          <RowSwitches name={name} done={asked.again} />
                        ),
                      },
                    ]
                  : []),
              ]}
            />
          )
        }
      </Waiting>
    </Panel>
  );
}

function RowSwitches({ name, done }: { readonly name: string; readonly done: () => void }) {
  return (
    <span class="row-switches">
      <button type="button" class="plain" onClick={() => askSet(name, done)}>
        Replace<span class="unseen"> {name}</span>
      </button>
      <button type="button" class="plain harmful" onClick={() => askRemove(name, done)}>
        Remove<span class="unseen"> {name}</span>
      </button>
    </span>
  );
}

/** @param known null: a new one. */
function askSet(known: string | null, done: () => void): void {
  confirm({
    title: known === null ? "A new secret" : `Replace the secret ${known}`,
    body: (
      <>
        {known === null && (
          <Field
            label="Name"
            name="name"
            placeholder="SHOP_KEY"
            hint="Templates use it under this name."
            isRequired
          />
        )}
        <SecretField
          label="Value"
          name="value"
          hint="Nobody reads it back, and workers use it within seconds. One of several lines: postrider secrets set."
        />
      </>
    ),
    verb: known === null ? "Store 1 secret" : "Replace 1 secret",
    async act({ name = known ?? "", value = "" }) {
      await tellApi("saveSecret", { params: { name }, body: { value } });
      done();
    },
  });
}

function askRemove(name: string, done: () => void): void {
  confirm({
    title: `Remove the secret ${name}?`,
    body: <p>1 secret. Deliveries of actions that use it wait until it is set again.</p>,
    verb: "Remove 1 secret",
    isHarmful: true,
    async act() {
      await tellApi("removeSecret", { params: { name } });
      done();
    },
  });
}
