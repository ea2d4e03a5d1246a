// How a delivery ends whose composing was stopped.

import type { Composed } from "../request.ts";

export function isTooCostly(composed: Composed): boolean {
  return composed.kind === "problem" && composed.reason === "template_too_costly";
}

/** Says nothing about the template. */
export function passes(composed: Composed): boolean {
  return composed.kind === "problem" && composed.passes !== undefined;
}

export function toTooCostly(complaint: string) {
  return {
    kind: "problem",
    reason: "template_too_costly",
    problems: [{ field: "", code: "template_too_costly", message: `composing was stopped: ${complaint}` }],
  } as const;
}

export function toUnready(complaint: string): Composed {
  return { ...toTooCostly(complaint), passes: "unready" };
}

export const INTERRUPTED: Composed = { ...toTooCostly("the process ends"), passes: "interrupted" };
