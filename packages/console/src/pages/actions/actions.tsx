// Actions: the list, or the one that the address names.

import { useState } from "preact/hooks";
import { Badge } from "../../design/badge.tsx";
import { Field } from "../../design/form.tsx";
import { Listing } from "../../design/listing.tsx";
import { Empty, Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address, toHref } from "../../platform/address.ts";
import { may } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import { Composer } from "../composer/composer.tsx";
import { actionHref } from "../links.ts";
import type { PageProps } from "../page-props.ts";
import { OneAction } from "./one-action.tsx";
import { RequestBin } from "./request-bin-page.tsx";

export function Actions({ below: [id] }: PageProps) {
  const { version } = address.value.query;
  if (id === undefined) return <All />;
  if (id === NEW) return <NewAction />;
  return id === BIN ? <RequestBin /> : <OneAction key={`${id} ${version}`} id={id} />;
}

/** No action can have these as its id. */
const NEW = "~new";
const BIN = "~bin";

function NewAction() {
  return (
    <Page title="New action" name="New action" above={{ href: "#/actions", label: "Actions" }}>
      {may("manage") ? (
        <Composer saved={null} onSaved={() => undefined} />
      ) : (
        <Empty title="Your token may not save actions.">
          <p>It needs the scope manage.</p>
        </Empty>
      )}
    </Page>
  );
}

const SHOWN = 200;

function All() {
  const { archived } = address.value.query;
  const isAll = archived === "true";
  const asked = useAsk("listActions", { query: { archived: isAll ? "true" : "false" } });
  const [part, setPart] = useState("");
  return (
    <Page
      title="Actions"
      name="Actions"
      actions={
        <>
          <a class="button" href={toHref(["actions", BIN])}>
            Request bin
          </a>
          {may("manage") && (
            <a class="button" href={toHref(["actions", NEW])}>
              New action
            </a>
          )}
          <nav class="choice" aria-label="Which actions">
            <a href={toHref(["actions"])} aria-current={isAll ? undefined : "true"}>
              open
            </a>
            <a href={toHref(["actions"], { archived: "true" })} aria-current={isAll ? "true" : undefined}>
              archived, too
            </a>
          </nav>
        </>
      }
    >
      <Panel title="By id">
        <Waiting asked={asked}>
          {({ actions }) => {
            if (actions.length === 0)
              return (
                <Empty title="No action has been saved yet.">
                  <p>
                    An action is the request that each customer triggers. Write one here, or save a file:{" "}
                    <code>postrider actions apply FILE</code>
                  </p>
                </Empty>
              );
            const found = actions.filter(({ id }) => id.includes(part.trim().toLowerCase()));
            return (
              <>
                <Field label="Part of the id" name="part" onInput={setPart} />
                <Listing
                  name="Actions"
                  rows={found.slice(0, SHOWN)}
                  keyOf={({ id }) => id}
                  columns={[
                    { head: "Action", cell: ({ id }) => <a href={actionHref(id)}>{id}</a> },
                    { head: "Latest version", isNumber: true, cell: ({ version }) => version },
                    {
                      head: "State",
                      cell: ({ archivedAt }) => <Badge state={archivedAt === null ? "in use" : "archived"} />,
                    },
                    {
                      head: "Deliveries",
                      cell: ({ id }) => <a href={toHref(["deliveries"], { action: id })}>deliveries</a>,
                    },
                  ]}
                />
                {found.length > SHOWN && (
                  <p class="hint">The first {SHOWN} are shown; write more of the id.</p>
                )}
              </>
            );
          }}
        </Waiting>
      </Panel>
    </Page>
  );
}
