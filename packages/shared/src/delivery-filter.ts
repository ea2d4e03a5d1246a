// Which deliveries are meant: the one filter of lists, counts, cancels, replays, purges and tasks, in
// library, command line and API. What a person or program gives is checked here.

import { z } from "zod";
import { parseActionRef } from "./action-ref.ts";
import { toOrigin } from "./destination-origin.ts";
import type { Problem } from "./errors.ts";
import { areLabels } from "./labels.ts";
import { isLaneName } from "./lanes.ts";
import { OUTCOMES, type OutcomeKind, outcomeOf, REASON_NAMES, type Reason } from "./outcome.ts";
import { isRunId } from "./run-id.ts";
import { suggest } from "./suggest.ts";

/** Where deliveries are; those that are delayed wait, and dead letters have ended. */
export const FILTER_STATES = ["waiting", "in-flight", "ended"] as const;
export type FilterState = (typeof FILTER_STATES)[number];

/** All that is given must hold. */
export interface DeliveryFilter {
  /** The customer's id, compared as text. A sealed one is found where the key is at hand. */
  readonly customer?: string | number | bigint | undefined;
  readonly run?: string | undefined;
  /** `id` for all versions, or `id@version`. */
  readonly action?: string | undefined;
  /** The origin of the last attempt, or the one that the action's URL names. */
  readonly destination?: string | undefined;
  readonly reason?: Reason | undefined;
  /** How it ended. */
  readonly outcome?: OutcomeKind | undefined;
  readonly state?: FilterState | undefined;
  /** One of its labels. */
  readonly label?: string | undefined;
  /** The shared lane in which the deliveries began. */
  readonly lane?: string | undefined;
  /**
   * Ended then or later: a dead letter failed then. What waits or is in flight was enqueued, or replayed
   * last, then or later. A text is ISO 8601.
   */
  readonly from?: Date | string | undefined;
  /** The same, then or earlier. */
  readonly to?: Date | string | undefined;
}

/** Characters of a wrong value that its message repeats. */
const SHOWN_CHARS = 100;

/** A text that has to follow a rule. */
function checked(charsMax: number, isRight: (text: string) => boolean, rule: string): z.ZodString {
  return z
    .string({ error: "must be a text" })
    .max(charsMax, { abort: true, error: `has more than ${charsMax} characters` })
    .refine(isRight, { error: ({ input }) => `"${String(input).slice(0, SHOWN_CHARS)}" ${rule}` });
}

function meantBy(input: unknown, known: readonly string[]): string {
  const meant = typeof input === "string" ? suggest(input, known) : null;
  return meant === null ? "" : `did you mean ${meant}?`;
}

function toChoice(input: unknown, known: readonly string[]): string {
  return [`must be one of ${known.join(", ")}`, meantBy(input, known)].filter(Boolean).join("; ");
}

const timeSchema = z.iso.datetime({ offset: true, error: "must be a time such as 2026-11-28T09:30:00Z" });

const NOT_ENDED = "only what has ended has one, and state asks for what has not";

const CUSTOMER_RULE = "must be a text of 1 to 1,000 characters, or a number";

/** The filter as a document has it: its times are texts. */
export const deliveryFilterSchema = z
  .strictObject({
    customer: z
      .union([z.string().min(1, CUSTOMER_RULE).max(1_000, CUSTOMER_RULE), z.number(), z.bigint()], {
        error: CUSTOMER_RULE,
      })
      .optional()
      .describe("The customer's id, compared as text."),
    run: checked(100, isRunId, "can be no run's id").optional(),
    action: checked(120, (text) => parseActionRef(text) !== null, "must look like my-action or my-action@3")
      .optional()
      .describe("`id` for all versions, or `id@version`."),
    destination: checked(2_048, (text) => toOrigin(text) !== null, "must look like https://host[:port]")
      .optional()
      .describe("The origin of the last attempt, or the one that the action's URL names."),
    reason: z
      .enum(REASON_NAMES, {
        error: ({ input }) => {
          // Not all that comes as JSON can be made a text.
          if (typeof input !== "string") return "must be a text";
          const meant = meantBy(input, REASON_NAMES);
          return `"${input.slice(0, SHOWN_CHARS)}" is none; ${meant || "docs/reasons.md lists them"}`;
        },
      })
      .optional()
      .describe("Why it ended."),
    outcome: z
      .enum(OUTCOMES, { error: ({ input }) => toChoice(input, OUTCOMES) })
      .optional()
      .describe("How it ended. Dead letters have all failed."),
    state: z
      .enum(FILTER_STATES, { error: ({ input }) => toChoice(input, FILTER_STATES) })
      .optional()
      .describe("Where it is: delayed ones wait, dead letters have ended."),
    label: checked(50, (text) => areLabels([text]), "can be no label")
      .optional()
      .describe("One of its labels."),
    lane: checked(50, isLaneName, "is no shared lane's name")
      .optional()
      .describe("The shared lane in which the deliveries began."),
    from: timeSchema
      .optional()
      .describe(
        "Ended then or later (a dead letter: failed); what is open was enqueued, or replayed last, then or later.",
      ),
    to: timeSchema.optional().describe("The same, then or earlier."),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) <= Date.parse(to), {
    path: ["to"],
    error: "must not be before from",
  })
  .refine(
    ({ reason, outcome }) => reason === undefined || outcome === undefined || outcomeOf(reason) === outcome,
    { path: ["reason"], error: "belongs to another outcome" },
  )
  .refine(({ state, outcome }) => isEndedOrAny(state) || outcome === undefined, {
    path: ["outcome"],
    error: NOT_ENDED,
  })
  .refine(({ state, reason }) => isEndedOrAny(state) || reason === undefined, {
    path: ["reason"],
    error: NOT_ENDED,
  });

function isEndedOrAny(state: FilterState | undefined): boolean {
  return state === undefined || state === "ended";
}

export type FilterDocument = z.output<typeof deliveryFilterSchema>;

/** What is compared; null: nothing is asked of that. */
export interface ParsedFilter {
  readonly customer: string | null;
  readonly run: string | null;
  readonly action: { readonly id: string; readonly version?: number } | null;
  readonly destination: string | null;
  readonly reason: Reason | null;
  readonly outcome: OutcomeKind | null;
  readonly state: FilterState | null;
  readonly label: string | null;
  readonly lane: string | null;
  /** Unix ms. */
  readonly from: number | null;
  readonly to: number | null;
}

/** Checks a filter. @returns every problem at once, with its field. */
export function readFilter(filter: DeliveryFilter): ParsedFilter | { readonly problems: readonly Problem[] } {
  const given = deliveryFilterSchema.safeParse(toDocument(filter));
  if (!given.success)
    return {
      problems: given.error.issues.flatMap((issue) =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((field) => ({ field, message: "is no field of a filter" }))
          : [{ field: issue.path.join("."), message: issue.message }],
      ),
    };
  const { customer, run, action, destination, reason, outcome, state, label, lane, from, to } = given.data;
  return {
    customer: customer === undefined ? null : String(customer),
    run: run ?? null,
    action: action === undefined ? null : parseActionRef(action),
    destination: destination === undefined ? null : toOrigin(destination),
    reason: reason ?? null,
    outcome: outcome ?? null,
    state: state ?? null,
    label: label ?? null,
    lane: lane ?? null,
    from: from === undefined ? null : Date.parse(from),
    to: to === undefined ? null : Date.parse(to),
  };
}

/** A filter that can be kept as JSON, and read again: its times and customer are texts. */
export function toFilterDocument({ customer, ...filter }: DeliveryFilter): FilterDocument {
  const document = { ...toDocument(filter), ...(customer !== undefined && { customer: String(customer) }) };
  return Object.fromEntries(
    Object.entries(document).filter(([, value]) => value !== undefined),
  ) as FilterDocument;
}

/** Whether a filter names anything at all; one that does not means everything. */
export function isEmptyFilter(filter: DeliveryFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

function toDocument({ from, to, ...filter }: DeliveryFilter): Record<string, unknown> {
  return { ...filter, from: toText(from), to: toText(to) };
}

/** ISO 8601 has years of four digits; nothing failed before or after them. */
const TIME_MIN = Date.parse("0000-01-01T00:00:00Z");
const TIME_MAX = Date.parse("9999-12-31T23:59:59.999Z");

function toText(time: Date | string | undefined): string | undefined {
  if (!(time instanceof Date)) return time;
  const ms = Math.min(Math.max(time.getTime(), TIME_MIN), TIME_MAX);
  return Number.isNaN(ms) ? "" : new Date(ms).toISOString();
}
