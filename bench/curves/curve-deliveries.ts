// What the curves deliver: a request with a little Liquid, for customers of a given size, to one of many
// destinations that the customer's data tell.

import type { Producer } from "@postrider/producer/producer";
import type { ActionDocument } from "@postrider/shared/action";
import type { Customer } from "@postrider/shared/delivery";
import { LANE } from "../workload.ts";
import type { PointSetting } from "./axes.ts";
import { toAddress } from "./curve-receiver.ts";

/** Retries come soon: what they cost is asked, and not how long they take. */
const RETRY = { attempts: 40, baseMs: 300, factor: 1.2, maxMs: 1_000 } as const;
const GROUP = 1_000;
const APPLIED_AT_ONCE = 50;

export interface CurveDeliveries {
  /** Saves the actions, and limits for the destinations that have some. */
  prepare(): Promise<void>;
  /** Enqueues those numbered from `first`. */
  enqueue(first: number, count: number): Promise<void>;
}

export function createCurveDeliveries(
  producer: Pick<Producer, "actions" | "destinations" | "enqueueAll">,
  { destinations, actions, payloadBytes, limited }: PointSetting,
  port: number,
): CurveDeliveries {
  const toCustomer = createCustomers(payloadBytes, destinations);
  const toOrder = (index: number) => ({
    action: `curve-${index % actions}`,
    customer: toCustomer(index),
    key: `curve-${index}`,
    lane: LANE,
  });
  return {
    async prepare() {
      await inGroups(actions, APPLIED_AT_ONCE, (index) => producer.actions.apply(toAction(index, port)));
      await inGroups(limited, APPLIED_AT_ONCE, (index) => limit(producer, index, port));
    },
    async enqueue(first, count) {
      for (let from = first; from < first + count; from += GROUP) {
        const size = Math.min(GROUP, first + count - from);
        await producer.enqueueAll(Array.from({ length: size }, (_, place) => toOrder(from + place)));
      }
    },
  };
}

/** Far above what comes. */
const RATE = 10_000;

/** Gives a destination an own lane. */
export async function limit(
  { destinations }: Pick<Producer, "destinations">,
  destination: number,
  port: number,
): Promise<void> {
  await destinations.limit(`http://${toAddress(destination).join(".")}:${port}`, { ratePerSecond: RATE });
}

/** Carries something out for each number, so many at once. */
export async function inGroups(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < count; from += atOnce)
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count - from) }, (_, place) => work(from + place)),
    );
}

function toAction(index: number, port: number): ActionDocument {
  return {
    id: `curve-${index}`,
    method: "POST",
    url: `http://127.{{ customer.a }}.{{ customer.b }}.{{ customer.c }}:${port}/{{ customer.id }}?action=${index}`,
    headers: [{ name: "Content-Type", value: "application/json" }],
    body: '{% if customer.plan == "gold" %}{"tier": 1, {% else %}{"tier": 2, {% endif %}"note": "{{ customer.note | capitalize }}"}',
    retry: RETRY,
  };
}

/** Prose rather than one letter: nothing on the way may make it small. */
const TEXT = "Thank you for being with us this spring, and see you soon. ";

function createCustomers(payloadBytes: number, destinations: number): (index: number) => Customer {
  const make = (index: number, note: string): Customer => {
    const [, a, b, c] = toAddress(index % destinations);
    return { id: String(index), plan: index % 3 === 0 ? "gold" : "free", a, b, c, note };
  };
  const room = Math.max(0, payloadBytes - JSON.stringify(make(99_999, "")).length);
  const note = TEXT.repeat(Math.ceil(room / TEXT.length)).slice(0, room);
  return (index) => make(index, note);
}
