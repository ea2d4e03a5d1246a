// Who calls: what a request's token grants. Pure.

import { type Grant, holdsScope, type Scope } from "@postrider/shared/api-token";

export interface Caller {
  /** Tells tokens apart, also two of one name; what is kept for a caller is kept under it. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The only actions that it reaches; null: all. */
  readonly actions: ReadonlySet<string> | null;
  /** The only shared lanes; null: all. */
  readonly lanes: ReadonlySet<string> | null;
}

/** Where no token is needed: the API listens on loopback only. */
export const ANYBODY: Caller = {
  id: "anybody",
  name: "anybody",
  scopes: ["admin"],
  actions: null,
  lanes: null,
};

export function toCaller(id: string, { name, scopes, actions, lanes }: Grant): Caller {
  return {
    id,
    name,
    scopes,
    actions: actions === undefined ? null : new Set(actions),
    lanes: lanes === undefined ? null : new Set(lanes),
  };
}

export function holds(caller: Caller, asked: Scope): boolean {
  return holdsScope(caller.scopes, asked);
}

export function isNarrowed({ actions, lanes }: Caller): boolean {
  return actions !== null || lanes !== null;
}

/**
 * Whether a caller's token reaches something. @param of its action, as `id` or `id@version`, and its shared
 * lane; what is left out narrows nothing.
 */
export function reaches(caller: Caller, of: { readonly action?: string; readonly lane?: string }): boolean {
  const { actions, lanes } = caller;
  const [id = ""] = (of.action ?? "").split("@");
  if (actions !== null && of.action !== undefined && !actions.has(id)) return false;
  return lanes === null || of.lane === undefined || lanes.has(of.lane);
}
