// What tells the route of a request: its destination, and the rules that its connection is made under.

import type { EgressRules } from "@postrider/shared/egress";
import { type BaseRules, type Destination, type Levels, toRules } from "../guard/guard.ts";

/** How a request may get to its destination: what its action says of that. */
export interface RouteOptions {
  readonly connectTimeoutMs: number;
  /** The action's own rules; they only narrow the settings'. */
  readonly egress?: EgressRules | undefined;
}

export interface KeyedLevels {
  readonly levels: Levels;
  /** The same for the same rules. */
  readonly key: string;
}

/** The settings' rules and an action's, made comparable once per compiled action. */
export function createLevels(base: BaseRules): (egress: EgressRules | undefined) => KeyedLevels {
  const known = new WeakMap<EgressRules, KeyedLevels>();
  const settingsAlone: KeyedLevels = { levels: [base], key: "" };
  return (egress) => {
    if (egress === undefined) return settingsAlone;
    let levels = known.get(egress);
    if (levels === undefined) {
      levels = { levels: [base, toRules(egress)], key: `${JSON.stringify(egress)} ` };
      known.set(egress, levels);
    }
    return levels;
  };
}

/** The origin of a composed request, taken apart. */
export function toDestination(origin: string): Destination {
  const { protocol, hostname, port } = new URL(origin);
  const scheme = protocol === "https:" ? "https" : "http";
  return {
    scheme,
    host: hostname.replace(/^\[|\]$|\.$/g, ""),
    port: Number(port || (scheme === "https" ? 443 : 80)),
  };
}
