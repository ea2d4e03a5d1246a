// One action: its document, its versions and what differs between two of them, what customers would get, and
// a test send.

import { Badge } from "../../design/badge.tsx";
import { confirm } from "../../design/confirm.tsx";
import { JsonBlock } from "../../design/data.tsx";
import { Page, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address, toHref } from "../../platform/address.ts";
import { may, type Scope, tellApi } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import { SavedComposer } from "../composer/saved-composer.tsx";
import { FLOW, Measures, SpanChoice } from "../series.tsx";
import { JustSaved } from "./just-saved.tsx";
import { Trial } from "./trial.tsx";
import { Versions } from "./versions.tsx";

const TABS: Readonly<Record<string, { readonly label: string; readonly scope: Scope }>> = {
  document: { label: "Document", scope: "read" },
  versions: { label: "Versions", scope: "read" },
  try: { label: "Preview and test send", scope: "read" },
  edit: { label: "Edit", scope: "manage" },
  charts: { label: "Charts", scope: "read" },
};

export function OneAction({ id }: { readonly id: string }) {
  const { tab = "document", version, saved } = address.value.query;
  const named = version === undefined ? id : `${id}@${version}`;
  const asked = useAsk("getAction", { params: { id: named } });
  const { data } = asked;
  return (
    <Page
      title={named}
      name={named}
      above={{ href: "#/actions", label: "Actions" }}
      badge={data !== null && data.archivedAt !== null && <Badge state="archived" />}
      actions={
        data !== null &&
        may("manage") && <Archiving id={id} isArchived={data.archivedAt !== null} done={asked.again} />
      }
    >
      {saved !== undefined && saved === String(data?.version) && <JustSaved id={id} version={saved} />}
      <nav class="tabs" aria-label="About this action">
        {Object.entries(TABS)
          .filter(([, { scope }]) => may(scope))
          .map(([name, { label }]) => (
            <a
              key={name}
              href={toHref(["actions", id], { version, tab: name === "document" ? undefined : name })}
              aria-current={name === tab ? "page" : undefined}
            >
              {label}
            </a>
          ))}
      </nav>
      <Waiting asked={asked}>
        {(shown) => (
          <>
            {tab === "document" && (
              <Panel title={`Version ${shown.version}, with its defaults; credentials are masked`}>
                <JsonBlock value={shown.action} label="The action's document" />
              </Panel>
            )}
            {tab === "versions" && <Versions id={id} shown={shown.version} />}
            {tab === "try" && <Trial action={named} />}
            {tab === "edit" && may("manage") && <SavedComposer shown={shown} onSaved={asked.again} />}
            {tab === "charts" && <Charts id={id} />}
          </>
        )}
      </Waiting>
    </Page>
  );
}

function Charts({ id }: { readonly id: string }) {
  return (
    <Panel title="Deliveries" aside={<SpanChoice />}>
      <Measures
        name="Deliveries of this action, per second"
        unit="per second"
        of={{ by: "action", name: id }}
        lines={FLOW}
      />
    </Panel>
  );
}

interface ArchivingProps {
  readonly id: string;
  readonly isArchived: boolean;
  readonly done: () => void;
}

function Archiving({ id, isArchived, done }: ArchivingProps) {
  if (isArchived)
    return (
      <button
        type="button"
        onClick={() =>
          confirm({
            title: `Restore ${id}?`,
            body: <p>Deliveries can be enqueued for it again.</p>,
            verb: "Restore the action",
            async act() {
              await tellApi("restoreAction", { params: { id } });
              done();
            },
          })
        }
      >
        Restore
      </button>
    );
  return (
    <button
      type="button"
      class="harmful"
      onClick={() =>
        confirm({
          title: `Archive ${id}?`,
          body: <p>Nothing new is enqueued for it. What waits is sent, and its versions stay.</p>,
          verb: "Archive the action",
          isHarmful: true,
          async act() {
            await tellApi("archiveAction", { params: { id } });
            done();
          },
        })
      }
    >
      Archive
    </button>
  );
}
