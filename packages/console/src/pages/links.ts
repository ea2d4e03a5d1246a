// Where things are shown, so that every name is a way to its page.

import { toHref } from "../platform/address.ts";

/** @param action `id@version`, or the id alone. */
export function actionHref(action: string): string {
  const [id = "", version] = action.split("@");
  return toHref(["actions", id], { version });
}

export function deliveryHref(id: string): string {
  return toHref(["deliveries", id]);
}

export function destinationHref(origin: string): string {
  return toHref(["destinations", origin]);
}

export function runHref(run: string): string {
  return toHref(["runs", run]);
}

export function taskHref(id: string): string {
  return toHref(["settings", "tasks", id]);
}
