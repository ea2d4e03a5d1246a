// Which dead letters are meant: by action, run, destination, reason, time and lane. What a person or program
// gives is checked here.

import { parseActionRef } from "@postrider/shared/action-ref";
import { parseRunId } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import { isLaneName } from "@postrider/shared/lanes";
import { REASONS, type Reason } from "@postrider/shared/outcome";
import { parseOrigin } from "../destinations/destinations.ts";

/** All that is given must hold. */
export interface DeadLetterFilter {
  /** `id` for all versions, or `id@version`. */
  readonly action?: string | undefined;
  readonly run?: string | undefined;
  /** The origin of the last attempt, or the one that the action's URL names. */
  readonly destination?: string | undefined;
  readonly reason?: Reason | undefined;
  /** Failed then or later. */
  readonly from?: Date | undefined;
  /** Failed then or earlier. */
  readonly to?: Date | undefined;
  /** The shared lane in which the deliveries began. */
  readonly lane?: string | undefined;
}

export interface ParsedFilter {
  readonly action: { readonly id: string; readonly version?: number } | null;
  readonly run: string | null;
  readonly destination: string | null;
  readonly reason: Reason | null;
  /** Unix ms. */
  readonly from: number | null;
  readonly to: number | null;
  readonly lane: string | null;
}

/** @throws `dead_letters_invalid`, `destination_invalid`, or `delivery_invalid` for the run's id. */
export function parseFilter(filter: DeadLetterFilter): ParsedFilter {
  const { run, destination, reason, lane } = filter;
  const from = parseTime("from", filter.from);
  const to = parseTime("to", filter.to);
  if (reason !== undefined && !Object.hasOwn(REASONS, reason))
    throw invalid("reason", `"${reason}" is none; docs/reasons.md lists them`);
  if (lane !== undefined && !isLaneName(lane)) throw invalid("lane", `"${lane}" is no shared lane's name`);
  if (from !== null && to !== null && from > to) throw invalid("to", "must not be before from");
  return {
    action: parseAction(filter.action),
    run: run === undefined ? null : parseRunId(run),
    destination: destination === undefined ? null : parseOrigin(destination),
    reason: reason ?? null,
    from,
    to,
    lane: lane ?? null,
  };
}

function parseAction(text: string | undefined): ParsedFilter["action"] {
  const parsed = text === undefined ? null : parseActionRef(text);
  if (text !== undefined && parsed === null)
    throw invalid("action", `"${text}" must look like my-action or my-action@3`);
  return parsed;
}

function parseTime(field: string, date: Date | undefined): number | null {
  if (date === undefined) return null;
  if (Number.isNaN(date.getTime())) throw invalid(field, "is not a date");
  return date.getTime();
}

export function invalid(field: string, message: string): PostriderError {
  return new PostriderError("dead_letters_invalid", `${field}: ${message}`, {
    problems: [{ field, message }],
  });
}
