// What has not ended: deliveries that wait or are in flight, lane by lane.

import { asProducer } from "@postrider/redis/connect";
import { readOpenJobs } from "@postrider/redis/jobs";
import {
  OPEN_PARTS,
  type OpenRef,
  PART_BEGINNING,
  type PartPlace,
  readOpenPage,
} from "@postrider/redis/open-page";
import type { Shard } from "@postrider/redis/shard";
import { type Delivery, homeOf, toDeliveryId, toRunTag } from "@postrider/shared/delivery";
import type { ParsedFilter } from "@postrider/shared/delivery-filter";
import type { Sealer } from "@postrider/shared/seal";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import { parseAttempt } from "../deliveries/attempts.ts";
import { openDelivery, parseDelivery, toCustomerId } from "../deliveries/stored-delivery.ts";
import { createLaneParts, type LanePart, type LaneParts, type LanePartsDependencies } from "./lane-parts.ts";
import { isMeant } from "./matches.ts";
import { type Batch, type ListedDelivery, noPlace, type Source } from "./source.ts";

/** Ids are short: a page is some 40 KB, and Redis reads it in under a millisecond. */
export const PAGE = 1_000;
/** At once in memory: 100 of the largest deliveries are some 50 MB, of usual ones some 100 KB. */
const READ_AT_ONCE = 100;

/** A delivery that has not ended. */
export interface OpenDelivery {
  readonly ref: OpenRef;
  readonly delivery: Delivery;
  readonly listed: ListedDelivery;
  readonly enqueuedAt: number;
  readonly attemptsMade: number;
}

export interface OpenDeliveries extends LaneParts {
  /** Open deliveries, the lanes by name; in flight, waiting, delayed; the newest of each first. */
  readonly find: Source;
  /** Those that the filter means, some at a time with all that were looked at for them. */
  read(
    refs: readonly OpenRef[],
    filter: ParsedFilter,
  ): AsyncGenerator<{ readonly refs: readonly OpenRef[]; readonly meant: readonly OpenDelivery[] }>;
}

export interface OpenDependencies extends LanePartsDependencies {
  readonly findOrigin: FindActionOrigin;
  readonly sealer: Sealer;
}

export function createOpenDeliveries(dependencies: OpenDependencies): OpenDeliveries {
  const { shard } = dependencies;
  const { parts, count } = createLaneParts(dependencies);
  const read: OpenDeliveries["read"] = async function* (refs, filter) {
    const likely = refs.filter(({ id }) => isLikely(id, filter));
    for (let from = 0, seen = 0; from === 0 || from < likely.length; from += READ_AT_ONCE) {
      const chunk = likely.slice(from, from + READ_AT_ONCE);
      const meant = await readMeant(dependencies, chunk, filter);
      const [last] = chunk.slice(-1);
      const isLast = from + READ_AT_ONCE >= likely.length;
      const end = isLast || last === undefined ? refs.length : refs.indexOf(last) + 1;
      yield { refs: refs.slice(seen, end), meant };
      seen = end;
    }
  };
  return {
    parts,
    read,
    count,
    async *find(filter, after) {
      const start = after === null ? null : parsePlace(after);
      const walked = await parts(filter, start ?? undefined);
      for (const [index, of] of walked.entries()) {
        const isStart = of.lane === start?.lane && of.part === start.part;
        const isLast = index === walked.length - 1;
        yield* findInPart({ shard, read }, filter, { ...of, ...(isStart ? start : PART_BEGINNING), isLast });
      }
    },
  };
}

async function* findInPart(
  { shard, read }: { readonly shard: Shard; readonly read: OpenDeliveries["read"] },
  filter: ParsedFilter,
  { lane, part, at, id, isLast }: Place & { readonly isLast: boolean },
): AsyncGenerator<Batch> {
  const of = { lane, part };
  let place: PartPlace = { at, id };
  for (let hasMore = true; hasMore; ) {
    const page = await readOpenPage(shard, of, { after: place, count: PAGE });
    ({ hasMore } = page);
    const end = page.refs.at(-1);
    for await (const { refs, meant } of read(page.refs, filter)) {
      const last = refs.at(-1);
      place = last?.place ?? place;
      const isOver = isLast && !hasMore && last === end;
      yield {
        rows: meant.map(({ listed, ref }) => ({ listed, place: toPlace(ref, ref.place) })),
        looked: refs.length,
        next: isOver ? null : toPlace(of, place),
      };
    }
  }
}

type Place = LanePart & { readonly at: string; readonly id: string };

function toPlace({ lane, part }: LanePart, { at, id }: { readonly at: string; readonly id: string }): string {
  return [lane, part, at, id].join(" ");
}

const PLACE = /^(\S+) ([a-z]+) (\d{0,16}) (.*)$/s;

/** @throws `filter_invalid`. */
function parsePlace(text: string): Place {
  const [, lane, name, at, id] = PLACE.exec(text) ?? [];
  const part = OPEN_PARTS.find((one) => one === name);
  if (lane === undefined || part === undefined || at === undefined || id === undefined) throw noPlace();
  return { lane, part, at, id };
}

/** What the id alone tells: a run's deliveries have ids that their customers give. */
function isLikely(id: string, { run, customer }: ParsedFilter): boolean {
  if (run === null) return true;
  return customer === null
    ? id.startsWith(`${toRunTag(run)}.`)
    : id === toDeliveryId({ run, customerId: customer });
}

async function readMeant(
  dependencies: OpenDependencies,
  refs: readonly OpenRef[],
  filter: ParsedFilter,
): Promise<OpenDelivery[]> {
  if (refs.length === 0) return [];
  const { shard, sealer } = dependencies;
  const jobs = await asProducer(() => readOpenJobs(shard, refs));
  const meant: OpenDelivery[] = [];
  for (const [index, ref] of refs.entries()) {
    const job = jobs[index] ?? null;
    const delivery = job === null ? null : parseDelivery(job.data);
    if (job === null || delivery === null) continue;
    const { enqueuedAt, attemptsMade, lastAttempt } = job;
    const listed = toListed(ref, delivery, { enqueuedAt, sealer });
    const asksDestination = filter.destination !== null;
    const destination = asksDestination
      ? await findDestination(dependencies, { ref, delivery, lastAttempt })
      : null;
    if (isMeant({ ...listed, destination, outcome: null, reason: null, at: enqueuedAt }, filter))
      meant.push({ ref, delivery, listed, enqueuedAt, attemptsMade });
  }
  return meant;
}

const STATES = { active: "in-flight", delayed: "delayed" } as const;

function toListed(
  { id, lane, part, dueAt }: OpenRef,
  delivery: Delivery,
  { enqueuedAt, sealer }: { readonly enqueuedAt: number; readonly sealer: Sealer },
): ListedDelivery {
  return {
    id,
    state: part === "active" || part === "delayed" ? STATES[part] : "waiting",
    lane,
    home: homeOf(delivery),
    action: delivery.action,
    customerId: toCustomerId(openDelivery(delivery, sealer)),
    run: delivery.run ?? null,
    labels: delivery.labels ?? [],
    enqueuedAt,
    dueAt,
    outcome: null,
  };
}

/** The lane's, where it is one's own; that of the last attempt; or the one that the action's URL names. */
async function findDestination(
  { directory, findOrigin, sealer }: OpenDependencies,
  {
    ref,
    delivery,
    lastAttempt,
  }: { readonly ref: OpenRef; readonly delivery: Delivery; readonly lastAttempt: string | undefined },
): Promise<string | null> {
  const own = directory.get(ref.lane);
  if (own?.kind === "destination") return own.of;
  return parseAttempt(lastAttempt, ref.id, sealer)?.destination ?? (await findOrigin(delivery.action));
}
