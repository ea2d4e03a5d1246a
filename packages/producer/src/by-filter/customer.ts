// The deliveries of one customer, by the index of customers: those that are open, then what has ended.

import { asProducer } from "@postrider/redis/connect";
import type { LaneDirectory } from "@postrider/redis/lane-directory";
import type { Shard } from "@postrider/redis/shard";
import type { ParsedFilter } from "@postrider/shared/delivery-filter";
import type { Sealer } from "@postrider/shared/seal";
import type { FindActionOrigin } from "../actions/action-origins.ts";
import { readAttempts } from "../deliveries/attempts.ts";
import type { CustomerDelivery, FindOfCustomer } from "../deliveries/customer-deliveries.ts";
import { isMeant } from "./matches.ts";
import { type ListedDelivery, noPlace, type Row, type Source } from "./source.ts";

/** The latest ones; a customer who has more is no customer. */
const LATEST = 1_000;

export interface CustomerDependencies {
  readonly shard: Shard;
  readonly directory: LaneDirectory;
  readonly findOrigin: FindActionOrigin;
  readonly sealer: Sealer;
  readonly findOfCustomer: FindOfCustomer;
}

export function createCustomerSource(dependencies: CustomerDependencies): Source {
  return async function* (filter, after) {
    if (filter.destination !== null) await asProducer(() => dependencies.directory.refresh());
    const found = await dependencies.findOfCustomer(filter.customer ?? "", LATEST);
    const start = findStart(found, after);
    const rows: Row[] = [];
    for (const [index, one] of found.entries())
      if (index >= start && (await isAsked(dependencies, one, filter)))
        rows.push({ listed: toListed(one), place: `${index + 1} ${one.id}` });
    yield { rows, looked: found.length, next: null };
  };
}

/** Behind the delivery that was shown last, or where it was. @throws `filter_invalid`. */
function findStart(found: readonly CustomerDelivery[], after: string | null): number {
  if (after === null) return 0;
  const [, index, id] = /^(\d{1,6}) (.*)$/s.exec(after) ?? [];
  if (index === undefined) throw noPlace();
  const at = found.findIndex((one) => one.id === id);
  return at < 0 ? Number(index) : at + 1;
}

const ASKED: Readonly<Record<CustomerDelivery["state"], NonNullable<ParsedFilter["state"]>>> = {
  waiting: "waiting",
  delayed: "waiting",
  "in-flight": "in-flight",
  "dead-letter": "ended",
  ended: "ended",
};

async function isAsked(
  dependencies: CustomerDependencies,
  one: CustomerDelivery,
  filter: ParsedFilter,
): Promise<boolean> {
  if (filter.state !== null && ASKED[one.state] !== filter.state) return false;
  const { run, action, labels, home, outcome, enqueuedAt } = one;
  const facts = { run, action, labels, home, customerId: filter.customer };
  const destination = filter.destination === null ? null : await findDestination(dependencies, one);
  return isMeant(
    {
      ...facts,
      destination,
      outcome: outcome?.outcome ?? null,
      reason: outcome?.reason ?? null,
      at: outcome?.endedAt ?? enqueuedAt,
    },
    filter,
  );
}

async function findDestination(
  { shard, directory, findOrigin, sealer }: CustomerDependencies,
  { id, lane, action }: CustomerDelivery,
): Promise<string | null> {
  if (lane === null) return await findOrigin(action);
  const own = directory.get(lane);
  if (own?.kind === "destination") return own.of;
  const attempts = await readAttempts(shard, lane, id, sealer);
  return attempts.at(-1)?.destination ?? (await findOrigin(action));
}

function toListed({ outcome, customerId, ...rest }: CustomerDelivery): ListedDelivery {
  if (outcome === null) return { ...rest, customerId, outcome };
  const { reason, status, attempts, endedAt } = outcome;
  return { ...rest, customerId, outcome: { outcome: outcome.outcome, reason, status, attempts, endedAt } };
}
