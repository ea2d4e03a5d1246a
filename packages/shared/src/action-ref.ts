// How deliveries and people name an action, with its version or without one.

import { ACTION_ID } from "./action.ts";

/** A saved version: what a delivery names. */
export interface ActionVersion {
  readonly id: string;
  readonly version: number;
}

/** `id@version`, as deliveries carry it. */
export function toActionRef({ id, version }: ActionVersion): string {
  return `${id}@${version}`;
}

/** The parts of `id@version`, or of `id` alone (then without a version); null when it is neither. */
export function parseActionRef(text: string): { id: string; version?: number } | null {
  const [id = "", version, ...rest] = text.split("@");
  if (!ACTION_ID.test(id) || rest.length > 0) return null;
  if (version === undefined) return { id };
  return /^[1-9][0-9]{0,8}$/.test(version) ? { id, version: Number(version) } : null;
}
