// Deliveries' outcomes as they flow back to whoever reads outcomes: the entries of the stream that workers
// write and producers read. One entry holds what was recorded in one step, so that what those deliveries have
// in common stands there once. Short, since there may be a million of them.

import type { Captured } from "./capture.ts";
import { type Customer, type Delivery, toRunTag } from "./delivery.ts";
import { parseExact, stringifyExact } from "./exact-json.ts";
import { type Outcome, outcomeOf, type Reason } from "./outcome.ts";
import type { Sealer } from "./seal.ts";

/** How a delivery has ended, with what its sender needs to go on. */
export interface DeliveryOutcome extends Outcome {
  /** The delivery's id. One that was replayed has an outcome each time that it ends. */
  readonly id: string;
  /** `id@version`. */
  readonly action: string;
  readonly run: string | null;
  /** The customer's id; null where it is sealed and the key is not at hand. */
  readonly customer: Customer["id"] | null;
  readonly labels: readonly string[];
  /** From when the delivery was due to its end. */
  readonly latencyMs: number;
  /** The last attempt's, from the first byte that was sent to the last that was read; 0: nothing was sent. */
  readonly sendMs: number;
  /** What the action's `capture` has kept of the answer. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Attributes that the answer did not have, and those that it had more of than is kept. */
  readonly missing: readonly string[];
  readonly cut: readonly string[];
}

/** What a worker knows of a delivery that has ended. */
export interface Ended {
  readonly id: string;
  /** As it lies in the lane. */
  readonly delivery: Delivery;
  readonly outcome: Outcome;
  readonly latencyMs: number;
  readonly sendMs: number;
  readonly captured: Captured | undefined;
  /** The id of a customer that is sealed in the lane, where it was opened. */
  readonly customerId: Customer["id"] | undefined;
}

/** What only some outcomes have. */
interface Extras {
  readonly labels?: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly missing?: readonly string[];
  readonly cut?: readonly string[];
  /** The customer's id and the attributes of a sealed delivery. */
  readonly sealed?: string;
}

type Private = readonly [customer: Customer["id"] | null, attributes: Readonly<Record<string, unknown>>];

/** What the deliveries of a run have in common. */
type Head = readonly [action: string, run: string | 0];

type Fields = readonly [
  /** Which of the entry's heads. */
  head: number,
  /** Without the run's tag, which the run tells. */
  id: string,
  customer: Customer["id"] | null,
  /** Empty: `reply_2xx`. */
  reason: Reason | "",
  status: number,
  attempts: number,
  latencyMs: number,
  sendMs: number,
  extras?: Extras,
];

/** Deliveries of a run share the beginning of their ids (`toRunTag`). */
const RUN_TAG_CHARS = 8;

const place = (id: string): string => `outcome ${id}`;

/** An outcome as text, before it stands in an entry with others. */
export interface Told {
  readonly head: string;
  /** The list of its fields from the second on, without its brackets. */
  readonly fields: string;
}

/** What is told of an outcome. @param sealer has the key, where the delivery is sealed and was opened. */
export function toTold(ended: Ended, sealer: Sealer): Told {
  const { id, delivery, outcome, latencyMs, sendMs } = ended;
  const { action, run, sealed } = delivery;
  const extras = toExtras(ended, sealer);
  const head: Head = [action ?? "", run ?? 0];
  const fields = [
    run !== undefined && id[RUN_TAG_CHARS] === "." ? id.slice(RUN_TAG_CHARS) : id,
    sealed === undefined ? (delivery.customer?.id ?? null) : null,
    outcome.reason === "reply_2xx" ? "" : outcome.reason,
    outcome.status ?? 0,
    outcome.attempts,
    Math.max(0, Math.round(latencyMs)),
    Math.round(sendMs),
    ...(extras === null ? [] : [extras]),
  ];
  return { head: JSON.stringify(head), fields: stringifyExact(fields).slice(1, -1) };
}

/**
 * Puts outcomes into entries whose heads they share.
 * @returns `heads`, an entry's first part, and `place(told)`, the text of one outcome. An entry is
 * `[heads,outcome,outcome…]`.
 */
export function createHeads(): { readonly place: (told: Told) => string; readonly heads: () => string } {
  const known = new Map<string, number>();
  return {
    place({ head, fields }) {
      const index = known.get(head) ?? known.size;
      if (index === known.size) known.set(head, index);
      return `[${index},${fields}]`;
    },
    heads: () => `[${[...known.keys()].join(",")}]`,
  };
}

function toExtras({ id, delivery, captured, customerId }: Ended, sealer: Sealer): Extras | null {
  const { sealed, labels } = delivery;
  if (labels === undefined && captured === undefined && sealed === undefined) return null;
  const { attributes = {}, missing = [], cut = [] } = captured ?? {};
  // An answer may repeat a customer's data, so that what was captured of it is sealed with them.
  const isSealed = sealed !== undefined && sealer.canSeal;
  const secret: Private = [customerId ?? null, attributes];
  return {
    ...(labels && { labels }),
    ...(isSealed
      ? { sealed: sealer.seal(stringifyExact(secret), place(id)) }
      : captured && Object.keys(attributes).length > 0 && { attributes }),
    ...(missing.length > 0 && { missing }),
    ...(cut.length > 0 && { cut }),
  };
}

/** An outcome as it stands in an entry. */
export interface StoredOutcome {
  readonly head: Head;
  readonly fields: Fields;
}

/** The outcomes of an entry, in the order of their places. @throws SyntaxError for a text that is none. */
export function parseOutcomeEntry(text: string): StoredOutcome[] {
  const [heads, ...all] = parseExact(text) as [Head[], ...Fields[]];
  return all.map((fields) => ({ head: heads[fields[0]] ?? ["", 0], fields }));
}

/** What was kept. @param endedAt Unix ms, which the entry's place in the stream tells. */
export function openOutcome(
  { head, fields }: StoredOutcome,
  endedAt: number,
  sealer: Sealer,
): DeliveryOutcome {
  const [action, run] = head;
  const [, idPart, customer, reason, status, attempts, latencyMs, sendMs, extras = {}] = fields;
  const { labels = [], missing = [], cut = [], sealed } = extras;
  const id = idPart.startsWith(".") && run !== 0 ? toRunTag(run) + idPart : idPart;
  const known: Reason = reason === "" ? "reply_2xx" : reason;
  const opened = sealed === undefined ? null : open(sealed, id, sealer);
  return {
    id,
    action,
    run: run === 0 ? null : run,
    customer: opened === null ? customer : opened[0],
    outcome: outcomeOf(known),
    reason: known,
    status: status === 0 ? null : status,
    attempts,
    endedAt,
    labels,
    latencyMs,
    sendMs,
    attributes: opened?.[1] ?? extras.attributes ?? {},
    missing,
    cut,
  };
}

function open(sealed: string, id: string, sealer: Sealer): Private | null {
  const opened = sealer.open(sealed, place(id));
  return "problem" in opened ? null : (parseExact(opened.text) as Private);
}
