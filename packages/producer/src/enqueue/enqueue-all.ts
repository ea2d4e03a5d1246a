// Enqueueing some single deliveries at once, of any actions: checked all together, and taken in by chunks.

import type { Admission } from "@postrider/redis/scripts/take-in";
import { homeOf } from "@postrider/shared/delivery";
import type { ErrorCode } from "@postrider/shared/error-codes";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { toRetryPolicy } from "@postrider/shared/retry";
import { readAllOpen } from "../actions/archived.ts";
import type { SavedAction } from "../actions/saved-versions.ts";
import { CHUNK } from "./chunks.ts";
import { type DeliveryOrder, type EnqueueDependencies, toAdmission, toEntrance } from "./enqueue.ts";
import { checkDeliveryOrder } from "./order.ts";
import type { Failed } from "./part-by-home.ts";
import { orThrow, type Ways } from "./ways.ts";

export interface Rejected {
  /** The order's place, from 0. */
  readonly index: number;
  readonly error: PostriderError;
}

export interface AllEnqueued {
  /** By the orders' places; null where one was rejected. */
  readonly ids: readonly (string | null)[];
  readonly enqueued: number;
  readonly duplicates: number;
  /** By the orders' places: whether it was known before, or stands further up in the list, too. */
  readonly isDuplicate: readonly boolean[];
  /** Known before, and lost from Redis since then: taken in again. */
  readonly recovered: number;
  readonly rejected: readonly Rejected[];
}

export interface EnqueueAllOptions {
  /** `refuse`, unless given: where one order is not valid nothing is taken in. `skip`: the others are. */
  readonly onInvalid?: "refuse" | "skip";
}

/** An error in an order's place is one that its caller could not read. */
export type EnqueueAll = (
  orders: readonly (DeliveryOrder | PostriderError)[],
  options?: EnqueueAllOptions,
) => Promise<AllEnqueued>;

interface Prepared {
  /** Its place among the orders. */
  readonly index: number;
  readonly saved: SavedAction;
  readonly admission: Admission;
}

/**
 * @throws from the returned function: with `refuse`, for orders that are not valid, with a problem for each,
 * `delivery_invalid` or the code that all have in common; `redis_unavailable`, `redis_full`: some may have
 * been taken in then, and the same orders again, if they have keys, take in the rest.
 */
export function createEnqueueAll(dependencies: EnqueueDependencies): EnqueueAll {
  const { ways, actions } = dependencies;
  const prepare = async (
    order: DeliveryOrder | PostriderError,
    index: number,
    find: (ref: string) => Promise<SavedAction>,
  ): Promise<Prepared | PostriderError> => {
    if (order instanceof PostriderError) return order;
    try {
      checkDeliveryOrder(order);
      const saved = await find(order.action);
      return { index, saved, admission: toAdmission(order, saved, dependencies) };
    } catch (error) {
      if (error instanceof PostriderError && ABOUT_ORDERS.has(error.code)) return error;
      throw error;
    }
  };
  const prepareAll = async (
    orders: readonly (DeliveryOrder | PostriderError)[],
  ): Promise<(Prepared | PostriderError)[]> => {
    const find = await readAllOpen(
      actions,
      orders.filter(isOfAction).map(({ action }) => action),
    );
    const prepared: (Prepared | PostriderError)[] = [];
    for (const [index, order] of orders.entries()) prepared.push(await prepare(order, index, find));
    return prepared;
  };
  return async (orders, { onInvalid = "refuse" } = {}) => {
    await ways.look();
    const prepared = await prepareAll(orders);
    const rejected = prepared.flatMap((one, index) =>
      one instanceof PostriderError ? [{ index, error: one }] : [],
    );
    if (onInvalid === "refuse" && rejected.length > 0) throw toRefusal(rejected, orders.length);
    const taken = await takeAll(prepared, ways);
    const failed = new Map(taken.failed.flatMap(({ ids, error }) => ids.map((id) => [id, error] as const)));
    const ids = prepared.map((one) =>
      one instanceof PostriderError || failed.has(one.admission.id) ? null : one.admission.id,
    );
    if (taken.failed[0] !== undefined && ids.every((id) => id === null)) throw taken.failed[0].error;
    const { enqueued, duplicates, recovered, known } = taken;
    const isDuplicate = orders.map((_, index) => known.has(index));
    return {
      ids,
      enqueued,
      duplicates,
      recovered,
      isDuplicate,
      rejected: withFailed(rejected, prepared, failed),
    };
  };
}

interface AllTaken {
  readonly enqueued: number;
  readonly duplicates: number;
  readonly recovered: number;
  /** The places of those that were known before. */
  readonly known: ReadonlySet<number>;
  readonly failed: readonly Failed[];
}

async function takeAll(prepared: readonly (Prepared | PostriderError)[], ways: Ways): Promise<AllTaken> {
  const counts = { enqueued: 0, duplicates: 0, recovered: 0 };
  const duplicates = new Set<number>();
  const allFailed: Failed[] = [];
  for (const chunk of toChunks(prepared, ways)) {
    const [{ admission: first, saved }] = chunk;
    const admissions = chunk.map(({ admission }) => admission);
    const taken = await ways.take(admissions, (way) => toEntrance(first, saved, way));
    // With one shard what comes behind would fail alike.
    if (ways.all().length <= 1) orThrow(taken);
    allFailed.push(...taken.failed);
    counts.enqueued += taken.enqueued;
    counts.duplicates += taken.duplicates;
    counts.recovered += taken.recovered;
    const known = new Set(taken.known);
    for (const { index, admission } of chunk) {
      if (known.has(admission.id)) duplicates.add(index);
      known.add(admission.id);
    }
  }
  return { ...counts, known: duplicates, failed: allFailed };
}

/** In the order of their places. */
function withFailed(
  rejected: readonly Rejected[],
  prepared: readonly (Prepared | PostriderError)[],
  failed: ReadonlyMap<string, PostriderError>,
): readonly Rejected[] {
  if (failed.size === 0) return rejected;
  const lost = prepared.flatMap((one, index): Rejected[] => {
    const error = one instanceof PostriderError ? undefined : failed.get(one.admission.id);
    return error === undefined ? [] : [{ index, error }];
  });
  return [...rejected, ...lost].sort((one, other) => one.index - other.index);
}

/** Errors that concern one order, and not those beside it. */
const ABOUT_ORDERS: ReadonlySet<ErrorCode> = new Set([
  "action_unknown",
  "action_archived",
  "customer_invalid",
  "delivery_invalid",
  "forbidden",
]);

/** Orders come from outside, and are checked later. */
function isOfAction(order: DeliveryOrder | PostriderError): order is DeliveryOrder {
  const { action } = (order ?? {}) as { readonly action?: unknown };
  return typeof action === "string";
}

/** What enters a lane together: of any actions, as long as they make no difference there. */
function toChunks(prepared: readonly (Prepared | PostriderError)[], ways: Ways): [Prepared, ...Prepared[]][] {
  const size = CHUNK * ways.all().length;
  const placeOf = createPlaces(ways);
  const open = new Map<string, [Prepared, ...Prepared[]]>();
  const chunks: [Prepared, ...Prepared[]][] = [];
  for (const one of prepared) {
    if (one instanceof PostriderError) continue;
    const key = `${placeOf(one.saved)} ${homeOf(one.admission.delivery)}`;
    const chunk = open.get(key);
    if (chunk !== undefined && chunk.length < size) {
      chunk.push(one);
      continue;
    }
    const begun: [Prepared, ...Prepared[]] = [one];
    open.set(key, begun);
    chunks.push(begun);
  }
  return chunks;
}

/** What an action says of where its deliveries enter: the same text for the same entrance in all shards. */
function createPlaces(ways: Ways): (saved: SavedAction) => string {
  const known = new Map<SavedAction, string>();
  return (saved) => {
    let place = known.get(saved);
    if (place === undefined) {
      const lanes = ways.all().map(({ routing }) => routing.toDestination(saved)?.lane ?? "");
      place = [toRetryPolicy(saved.action.retry).attempts, ...lanes].join(" ");
      known.set(saved, place);
    }
    return place;
  };
}

function toRefusal(rejected: readonly Rejected[], total: number): PostriderError {
  const codes = new Set(rejected.map(({ error }) => error.code));
  const [only = "delivery_invalid"] = codes;
  const problems = rejected.flatMap(({ index, error }) =>
    toProblems(error).map((problem) => ({
      ...problem,
      field: problem.field === "" ? `[${index}]` : `[${index}].${problem.field}`,
    })),
  );
  const [first] = rejected;
  return new PostriderError(
    codes.size === 1 ? only : "delivery_invalid",
    `${rejected.length} of ${total} deliveries cannot be taken in, and nothing was; the first is [${first?.index}]: ${first?.error.message}`,
    { problems },
  );
}

/** The field that an error is about, where it names none. */
const FIELDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  action_unknown: "action",
  action_archived: "action",
  customer_invalid: "customer",
  forbidden: "action",
};

/** What is wrong with one order, each with its field. */
export function toProblems({ code, message, problems }: PostriderError): Problem[] {
  const own = FIELDS[code] ?? "";
  if (problems.length === 0) return [{ field: own, message, code }];
  return problems.map((problem) => ({ code, ...problem, field: within(own, problem.field) }));
}

function within(own: string, field: string): string {
  if (own === "" || field === own || field.startsWith(`${own}.`)) return field;
  return field === "" ? own : `${own}.${field}`;
}
