// What has ended: the stream of outcomes, the latest first, and the dead letters, of which more is kept.

import { asProducer } from "@postrider/redis/connect";
import type { Position } from "@postrider/redis/letter-page";
import { findOutcomesUntil, readOutcomesBefore } from "@postrider/redis/outcomes-back";
import { timeOf } from "@postrider/redis/reader-groups";
import type { Placed } from "@postrider/redis/scripts/read-told";
import type { Shard } from "@postrider/redis/shard";
import type { ParsedFilter } from "@postrider/shared/delivery-filter";
import type { Mark, Outcome } from "@postrider/shared/outcome";
import { type DeliveryOutcome, openOutcome, type StoredOutcome } from "@postrider/shared/outcome-entry";
import type { Sealer } from "@postrider/shared/seal";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import type { Finder } from "../dead-letters/find.ts";
import type { Letter } from "../dead-letters/letter.ts";
import { findStanding, readMarks } from "../deliveries/standing.ts";
import { isMeant } from "./matches.ts";
import { type ListedDelivery, noPlace, type Row, type Source } from "./source.ts";

/** Some hundred KB. */
const PAGE = 500;

export interface EndedDependencies {
  readonly shard: Shard;
  readonly finder: Finder;
  readonly findOrigin: FindActionOrigin;
  readonly sealer: Sealer;
}

/** As many as POSTRIDER_OUTCOMES_KEPT. They do not tell in which shared lane a delivery began. */
export function createOutcomesSource(dependencies: EndedDependencies): Source {
  const { shard, sealer } = dependencies;
  const open = ({ id, told }: Placed<StoredOutcome>): Told => ({
    id,
    told: openOutcome(told, timeOf(id), sealer),
  });
  return async function* (filter, after) {
    let before = await asProducer(() => findStart(shard, filter, after));
    for (let isOver = false; !isOver; ) {
      const placed = await asProducer(() => readOutcomesBefore(shard, before, PAGE));
      const last = placed.at(-1);
      isOver = last === undefined || placed.length < PAGE || isBefore(last, filter);
      const rows = await toRows(dependencies, placed.map(open), filter);
      yield { rows, looked: placed.length, next: isOver ? null : (last?.id ?? null) };
      before = last?.id ?? before;
    }
  };
}

/** An id of the stream. */
const ENTRY = /^\d{1,16}-\d{1,16}$/;

/** @throws `filter_invalid`. */
async function findStart(shard: Shard, { to }: ParsedFilter, after: string | null): Promise<string | null> {
  if (after !== null && !ENTRY.test(after)) throw noPlace();
  return after ?? (to === null ? null : await findOutcomesUntil(shard, to));
}

function isBefore({ id }: Placed<StoredOutcome>, { from }: ParsedFilter): boolean {
  return from !== null && timeOf(id) < from;
}

interface Told {
  /** Of the stream. */
  readonly id: string;
  readonly told: DeliveryOutcome;
}

/** Those that the filter means, as far as they still stand. */
async function toRows(
  dependencies: EndedDependencies,
  outcomes: readonly Told[],
  filter: ParsedFilter,
): Promise<Row[]> {
  const meant: Told[] = [];
  for (const one of outcomes) if (await isOutcomeMeant(dependencies, one.told, filter)) meant.push(one);
  const { shard, finder } = dependencies;
  const standing = await findStanding(
    shard,
    finder,
    meant.map(({ told }) => told),
  );
  return meant.flatMap(({ id, told }, index) => {
    const { stands = true, home = null } = standing[index] ?? {};
    return stands ? [{ listed: toListed(told, home), place: id }] : [];
  });
}

function toListed(told: DeliveryOutcome, home: string | null): ListedDelivery {
  const { id, action, customer, run, labels, outcome, reason, status, attempts, endedAt } = told;
  return {
    id,
    state: home === null ? "ended" : "dead-letter",
    lane: home,
    home,
    action,
    customerId: customer,
    run,
    labels,
    enqueuedAt: null,
    dueAt: null,
    outcome: { outcome, reason, status, attempts, endedAt },
  };
}

/** Its destination is the one that the action's URL names: an outcome does not tell where it went. */
async function isOutcomeMeant(
  { findOrigin }: EndedDependencies,
  { run, action, customer, labels, outcome, reason, endedAt }: DeliveryOutcome,
  filter: ParsedFilter,
): Promise<boolean> {
  const destination = filter.destination === null ? null : await findOrigin(action);
  const facts = { run, action, customerId: customer, labels, destination, home: null, outcome, reason };
  return isMeant({ ...facts, at: endedAt }, filter);
}

/** Dead letters: what has failed, and is kept with all its data. */
export function createLettersSource({ shard, finder }: EndedDependencies): Source {
  return async function* (filter, after) {
    const start = after === null ? undefined : parsePosition(after);
    for await (const { letters, scanned, next } of finder.find(filter, start)) {
      const marks = await readMarks(
        shard,
        letters.map(({ shown }) => shown.id),
      );
      yield {
        rows: letters.map((letter) => toLetterRow(letter, marks.get(letter.shown.id) ?? null)),
        looked: scanned,
        next: next === null ? null : toPlace(next),
      };
    }
  };
}

function toPlace({ failedAt, id }: Position): string {
  return `${failedAt} ${id}`;
}

/** @throws `filter_invalid`. */
function parsePosition(place: string): Position {
  const [, time, id] = /^(\d{1,16}) (.+)$/s.exec(place) ?? [];
  if (time === undefined || id === undefined) throw noPlace();
  return { failedAt: Number(time), id };
}

function toLetterRow({ shown, delivery, enqueuedAt }: Letter, mark: Mark | null): Row {
  const { id, lane, action, customerId, run, failedAt, reason, attempts } = shown;
  return {
    listed: {
      id,
      state: "dead-letter",
      lane,
      home: lane,
      action,
      customerId,
      run,
      labels: delivery?.labels ?? [],
      enqueuedAt,
      dueAt: null,
      outcome: toOutcome(mark) ?? { outcome: "failed", reason, status: null, attempts, endedAt: failedAt },
    },
    place: toPlace(shown),
  };
}

function toOutcome(mark: Mark | null): Outcome | null {
  if (mark?.kind !== "ended") return null;
  const { kind: _, ...outcome } = mark;
  return outcome;
}
