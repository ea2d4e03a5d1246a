// Deliveries by a filter: which sources can tell of those that it means, and their pages and counts, each of
// bounded work.

import { type DeliveryFilter, type ParsedFilter, readFilter } from "@postrider/shared/delivery-filter";
import { invalidField, PostriderError } from "@postrider/shared/errors";
import { type OutcomeKind, outcomeOf } from "@postrider/shared/outcome";
import { throwIfAborted } from "../tasks/pace.ts";
import type { OpenDeliveries } from "./open.ts";
import { type ListedDelivery, noPlace, type Row, type Source } from "./source.ts";

export interface DeliveryQuery extends DeliveryFilter {
  /** At most so many, 50 unless given; up to 1,000. */
  readonly limit?: number | undefined;
  /** `after` of the page before, to go on behind it. */
  readonly after?: string | undefined;
  /** Whether the reader may know of a delivery; absent: of all. */
  readonly isShown?: ((delivery: ListedDelivery) => boolean) | undefined;
  /** Only deliveries of which it is known in which shared lane they began. */
  readonly withHome?: boolean | undefined;
}

export interface DeliveryList {
  /** What is open first, lane by lane; then what has ended, the latest first. */
  readonly deliveries: readonly ListedDelivery[];
  /** How many were looked at for it. */
  readonly looked: number;
  /**
   * Goes on behind these; null: there are no more. A page may be short, even empty, and have more behind it.
   */
  readonly after: string | null;
}

export interface DeliveryCount {
  readonly count: number;
  /** Whether all were looked at; otherwise there are at least so many. */
  readonly isComplete: boolean;
}

export interface DeliveryCountOptions {
  /** Looks at so many at most, and at the rest of the thousand that it is in. */
  readonly scanMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** By what stands for them in a cursor. */
export interface Sources {
  readonly open: Source;
  readonly outcomes: Source;
  readonly letters: Source;
  /** Null: no index of customers is kept. */
  readonly customer: Source | null;
}

const LIMIT = 50;
const LIMIT_MAX = 1_000;
/** Looked at for one page; some seconds at worst. */
const LOOK_MAX = 10_000;
/** Looked at for one count; some seconds. */
const COUNTED_MAX = 50_000;
/** A batch costs as much as so many looks at least, also one of a lane in which nothing lies any more. */
const BATCH_COST = 10;

/** @throws `filter_invalid`, naming every field that is wrong. */
export function parseDeliveryFilter(filter: DeliveryFilter): ParsedFilter {
  const parsed = readFilter(filter);
  if (!("problems" in parsed)) return parsed;
  const { problems } = parsed;
  const text = problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
  throw new PostriderError("filter_invalid", text, { problems });
}

/** One page. @throws `filter_invalid`, `redis_unavailable`. */
export async function listDeliveries(sources: Sources, query: DeliveryQuery): Promise<DeliveryList> {
  const { limit = LIMIT, after, isShown = () => true, withHome = false, ...given } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw invalidField("filter_invalid", "limit", `must be a whole number from 1 to ${LIMIT_MAX}`);
  const filter = parseDeliveryFilter(given);
  const plan = toPlan(filter, { withHome, hasIndex: sources.customer !== null });
  const start = after === undefined ? null : decodeCursor(after, plan);
  const deliveries: ListedDelivery[] = [];
  let looked = 0;
  let work = 0;
  let end: string | null = null;
  for await (const { source, rows, next, looked: lookedNow } of walkAll(sources, plan, { filter, start })) {
    const shown = rows.filter(({ listed }) => isShown(listed) && (!withHome || listed.home !== null));
    const room = limit - deliveries.length;
    deliveries.push(...shown.slice(0, room).map(({ listed }) => listed));
    looked += lookedNow;
    work += Math.max(BATCH_COST, lookedNow);
    const last = shown[room - 1];
    end = last === undefined || last === rows.at(-1) ? next : encodeCursor(source, last.place);
    if (last !== undefined || work >= LOOK_MAX) break;
  }
  return { deliveries, looked, after: end };
}

/**
 * @param countOpen how many are open in a state. @throws `filter_invalid`, `aborted`, `redis_unavailable`.
 */
export async function countDeliveries(
  { sources, countOpen }: { readonly sources: Sources; readonly countOpen: OpenDeliveries["count"] },
  given: DeliveryFilter,
  { scanMax = COUNTED_MAX, signal }: DeliveryCountOptions,
): Promise<DeliveryCount> {
  const filter = parseDeliveryFilter(given);
  if (isOpenState(filter)) return { count: await countOpen(filter), isComplete: true };
  const plan = toPlan(filter, { withHome: false, hasIndex: sources.customer !== null });
  let count = 0;
  let work = 0;
  for await (const { rows, looked, next } of walkAll(sources, plan, { filter, start: null })) {
    throwIfAborted(signal, "stopped while counting");
    count += rows.length;
    work += Math.max(BATCH_COST, looked);
    if (next !== null && work >= scanMax) return { count, isComplete: false };
  }
  return { count, isComplete: true };
}

/** Whether nothing is asked for but a state that the lanes' own lengths tell. */
function isOpenState({ state, ...rest }: ParsedFilter): boolean {
  return state !== null && state !== "ended" && Object.values(rest).every((value) => value === null);
}

type SourceName = keyof Sources;

/**
 * Which sources are walked, in this order. A customer's deliveries are in an index, where one is kept.
 * Outcomes tell no lane, and of what has failed the dead letters tell more.
 * @throws `filter_invalid` where none can tell.
 */
function toPlan(
  filter: ParsedFilter,
  { withHome, hasIndex }: { readonly withHome: boolean; readonly hasIndex: boolean },
): SourceName[] {
  const { customer, state, lane, reason } = filter;
  const outcome = findOutcome(filter);
  const needsHome = withHome || lane !== null;
  if (needsHome && outcome !== null && outcome !== "failed")
    throw invalidField(
      "filter_invalid",
      reason === null ? "outcome" : "reason",
      `of what is ${outcome} nobody keeps in which lane it began`,
    );
  if (customer !== null && hasIndex) return ["customer"];
  const isOpen = state !== null && state !== "ended";
  const ended = isOpen ? [] : [toEndedSource(needsHome, outcome)];
  return state === "ended" || outcome !== null ? ended : ["open", ...ended];
}

function findOutcome({ outcome, reason }: ParsedFilter): OutcomeKind | null {
  return outcome ?? (reason === null ? null : outcomeOf(reason));
}

function toEndedSource(needsHome: boolean, outcome: OutcomeKind | null): SourceName {
  return needsHome || outcome === "failed" ? "letters" : "outcomes";
}

interface Step {
  readonly source: SourceName;
  readonly rows: readonly Row[];
  readonly looked: number;
  /** A cursor; null after the last one of the last source. */
  readonly next: string | null;
}

interface Start {
  readonly source: SourceName;
  /** Null: from its beginning. */
  readonly place: string | null;
}

async function* walkAll(
  sources: Sources,
  plan: readonly SourceName[],
  { filter, start }: { readonly filter: ParsedFilter; readonly start: Start | null },
): AsyncGenerator<Step> {
  const walked = start === null ? plan : plan.slice(plan.indexOf(start.source));
  for (const [index, source] of walked.entries()) {
    const following = walked[index + 1];
    const behind = following === undefined ? null : encodeCursor(following, null);
    const place = index === 0 && start !== null ? start.place : null;
    const batches = sources[source]?.(filter, place);
    if (batches !== undefined) yield* toSteps(source, batches, behind);
  }
}

/** A source that has nothing says nothing: that is a step, too. */
async function* toSteps(
  source: SourceName,
  batches: ReturnType<Source>,
  behind: string | null,
): AsyncGenerator<Step> {
  let hasSaid = false;
  for await (const { rows, looked, next } of batches) {
    hasSaid = true;
    yield { source, rows, looked, next: next === null ? behind : encodeCursor(source, next) };
  }
  if (!hasSaid) yield { source, rows: [], looked: 0, next: behind };
}

function encodeCursor(source: SourceName, place: string | null): string {
  return Buffer.from(JSON.stringify([source, place])).toString("base64url");
}

function decodeCursor(cursor: string, plan: readonly SourceName[]): Start {
  try {
    const [source, place] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [string, unknown];
    const known = plan.find((one) => one === source);
    if (known !== undefined && (place === null || typeof place === "string")) return { source: known, place };
  } catch {
    // Falls through to the one answer for whatever is none.
  }
  throw noPlace();
}
