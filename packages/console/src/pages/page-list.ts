// Which page stands under which first part of the address. Each is a chunk of its own, so that nobody waits
// for what he does not look at.

import type { ComponentType } from "preact";
import type { Scope } from "../session/session.ts";
import type { PageProps } from "./page-props.ts";

interface Listed {
  readonly label: string;
  readonly scope: Scope;
  readonly load: () => Promise<ComponentType<PageProps>>;
}

/** In the order of the navigation. */
export const PAGES: Readonly<Record<string, Listed>> = {
  home: { label: "Home", scope: "read", load: async () => (await import("./home/home.tsx")).Home },
  runs: { label: "Runs", scope: "read", load: async () => (await import("./runs/runs.tsx")).Runs },
  deliveries: {
    label: "Deliveries",
    scope: "read",
    load: async () => (await import("./deliveries/deliveries.tsx")).Deliveries,
  },
  "dead-letters": {
    label: "Dead letters",
    scope: "read",
    load: async () => (await import("./dead-letters/dead-letters.tsx")).DeadLetters,
  },
  destinations: {
    label: "Destinations",
    scope: "read",
    load: async () => (await import("./destinations/destinations.tsx")).Destinations,
  },
  actions: {
    label: "Actions",
    scope: "read",
    load: async () => (await import("./actions/actions.tsx")).Actions,
  },
  settings: {
    label: "Settings",
    scope: "read",
    load: async () => (await import("./settings/settings.tsx")).Settings,
  },
};
