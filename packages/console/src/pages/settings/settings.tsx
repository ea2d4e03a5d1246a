// Settings: what the installation as a whole holds, a tab for each kind.

import type { ComponentType } from "preact";
import { Page } from "../../design/panel.tsx";
import { toHref } from "../../platform/address.ts";
import { may, type Scope } from "../../session/session.ts";
import type { PageProps } from "../page-props.ts";
import { Audit } from "./audit-list.tsx";
import { Secrets } from "./secret-list.tsx";
import { Snippets } from "./snippet-list.tsx";
import { Subscriptions } from "./subscription-list.tsx";
import { Tasks } from "./task-list.tsx";
import { Tokens } from "./token-list.tsx";

interface Tab {
  readonly label: string;
  readonly scope: Scope;
  readonly Component: ComponentType<PageProps>;
}

const TABS: Readonly<Record<string, Tab>> = {
  tasks: { label: "Tasks", scope: "read", Component: Tasks },
  subscriptions: { label: "Subscriptions", scope: "read", Component: Subscriptions },
  snippets: { label: "Snippets", scope: "read", Component: Snippets },
  secrets: { label: "Secrets", scope: "read", Component: Secrets },
  tokens: { label: "Tokens", scope: "admin", Component: Tokens },
  audit: { label: "Audit", scope: "admin", Component: Audit },
};

export function Settings({ below: [tab = "tasks", ...rest] }: PageProps) {
  const shown = TABS[tab];
  return (
    <Page title="Settings" name={`Settings: ${shown?.label ?? tab}`}>
      <nav class="tabs" aria-label="Settings">
        {Object.entries(TABS).map(([name, { label, scope }]) =>
          may(scope) ? (
            <a key={name} href={toHref(["settings", name])} aria-current={name === tab ? "page" : undefined}>
              {label}
            </a>
          ) : null,
        )}
      </nav>
      {shown === undefined ? (
        <p class="calm-note">There is no such tab.</p>
      ) : (
        <shown.Component below={rest} />
      )}
    </Page>
  );
}
