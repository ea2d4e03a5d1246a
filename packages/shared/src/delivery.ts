// A delivery: one action for one customer, as it travels through the lane. The format carries a version, so
// that workers and producers of neighbouring releases can run side by side.

import { hash, randomUUID } from "node:crypto";
import { z } from "zod";
import { invalidField, PostriderError } from "./errors.ts";
import { isBigIntTrouble, parseExact, refuseLost, stringifyExact } from "./exact-json.ts";
import { chooseLane } from "./lanes.ts";
import { isRunId, RUN_ID_RULE } from "./run-id.ts";
import type { Sealer } from "./seal.ts";

/** The person's attributes. */
export type Customer = Readonly<Record<string, unknown>> & { readonly id: string | number | bigint };

/** The triggering event's attributes. */
export type EventData = Readonly<Record<string, unknown>>;

const valuesSchema = z.strictObject({
  event_name: z.string().optional(),
  event_id: z.string().optional(),
  event_timestamp: z.number().optional(),
  trigger: z.looseObject({}).optional(),
  journey: z.looseObject({}).optional(),
  objects: z.unknown().optional(),
  campaign: z.looseObject({}).optional(),
  message: z.looseObject({}).optional(),
});

/**
 * What else templates of campaign tools see, each under its own name; a delivery carries those that it has.
 */
export type Values = Readonly<z.input<typeof valuesSchema>>;

/**
 * Checks the values beside customer and event. Times are Unix seconds.
 * @throws PostriderError `delivery_invalid` naming the field.
 */
export function parseValues(values: unknown): Values {
  const parsed = valuesSchema.safeParse(values);
  if (parsed.success) return values as Values;
  const [issue] = parsed.error.issues;
  const known = Object.keys(valuesSchema.shape).join(", ");
  if (issue?.code === "unrecognized_keys")
    throw invalidField("delivery_invalid", `values.${issue.keys[0]}`, `is not known; known are ${known}`);
  const field = ["values", ...(issue?.path ?? [])].join(".");
  throw invalidField("delivery_invalid", field, issue?.message ?? "is not valid");
}

/** A delivery's data in the lane. Short of anything that the action or BullMQ's own fields say already. */
export interface Delivery {
  readonly v: 1;
  /** `id@version` of the action. */
  readonly action: string;
  readonly customer: Customer;
  readonly event?: EventData;
  readonly values?: Values;
  /**
   * Customer, event and values as JSON text, where their integers would not survive JSON.parse; instead of
   * them.
   */
  readonly exact?: string;
  /** Customer, event and values, sealed; instead of them. The customer's id is empty then. */
  readonly sealed?: string;
  /** Where the customer of a sealed delivery stands in the index of customers (customer-place.ts). */
  readonly customerPlace?: string;
  readonly run?: string;
  /** Its sender's short names for it (labels.ts). */
  readonly labels?: readonly string[];
  /** The shared lane in which it began, where that is not the usual one. */
  readonly lane?: string;
  /** Unix ms; where it is not sent at once. */
  readonly sendAt?: number;
  /** Unix ms; no attempt starts after it. */
  readonly expiresAt?: number;
  /** Unix ms of its first attempt, where that was much later than it was due: its age counts from then. */
  readonly begunAt?: number;
  /**
   * A replay's first due time, in Unix ms, which its templates go on calling now. Its age counts from
   * the replay.
   */
  readonly asOf?: number;
  /**
   * The W3C traceparent of the span that enqueued it, where that one is kept; the delivery's own trace links
   * there.
   */
  readonly trace?: string;
  /** Its Idempotency-Key, where a replay was to have a new one; absent: its id. */
  readonly key?: string;
}

/** Whether what lies in a lane was put there by a later release, whose workers can read it. */
export function isNewerDelivery(value: unknown): boolean {
  return typeof value === "object" && value !== null && "v" in value && Number(value.v) > 1;
}

/** Whether what lies in a lane is a delivery that this version can read. */
export function isDelivery(value: unknown): value is Delivery {
  if (typeof value !== "object" || value === null) return false;
  const { v, action, customer, exact, sealed } = value as Partial<Record<keyof Delivery, unknown>>;
  return (
    v === 1 &&
    typeof action === "string" &&
    typeof customer === "object" &&
    customer !== null &&
    (exact === undefined || typeof exact === "string") &&
    (sealed === undefined || typeof sealed === "string")
  );
}

/** The shared lane to which a delivery belongs, wherever it is: its dead letter lies there. */
export function homeOf({ run, lane }: Pick<Delivery, "run" | "lane">): string {
  return lane ?? chooseLane(run !== undefined);
}

interface Packed {
  readonly packed: Delivery;
  readonly json: string;
  /** Of its data as JSON. */
  readonly bytes: number;
}

/**
 * Makes a delivery ready for the lane; with a sealer its data are sealed.
 * @returns the delivery as it travels, the same as JSON, and the size of its data.
 * @throws TypeError or RangeError where the data cannot be written as JSON.
 */
export function packDelivery(delivery: Delivery, sealer: Sealer | null = null): Packed {
  if (sealer !== null) return packSealed(delivery, sealer);
  try {
    const json = JSON.stringify(delivery);
    refuseLost(delivery, json);
    return { packed: delivery, json, bytes: Buffer.byteLength(json) };
  } catch (error) {
    if (!isBigIntTrouble(error)) throw error;
  }
  const { customer, event, values, ...rest } = delivery;
  const exact = toText({ customer, event, values });
  const id = typeof customer.id === "bigint" ? String(customer.id) : customer.id;
  return toPacked({ ...rest, customer: { id }, exact }, exact);
}

function packSealed(delivery: Delivery, sealer: Sealer): Packed {
  const { customer, event, values, ...rest } = delivery;
  const text = toText({ customer, event, values });
  const sealed = sealer.seal(text, toPlace(rest));
  return toPacked({ ...rest, customer: { id: "" }, sealed }, text);
}

function toPacked(packed: Delivery, text: string): Packed {
  return { packed, json: JSON.stringify(packed), bytes: Buffer.byteLength(text) };
}

function toText(data: Readonly<Record<"customer" | "event" | "values", unknown>>): string {
  const text = stringifyExact(data);
  refuseLost(data, text);
  return text;
}

/** Sealed data open in no other action and no other run; a replay may take another version of the action. */
function toPlace({ action, run }: Pick<Delivery, "action" | "run">): string {
  const [id = ""] = action.split("@");
  return `delivery ${id} ${run ?? ""}`;
}

/**
 * What `packDelivery` packed, or why it stays closed.
 * @throws SyntaxError for what it did not pack.
 */
export function unpackDelivery(packed: Delivery, sealer: Sealer): Delivery | { readonly problem: string } {
  if (packed.sealed === undefined && packed.exact === undefined) return packed;
  const { exact, sealed, ...rest } = packed;
  const opened = sealed === undefined ? { text: exact ?? "" } : sealer.open(sealed, toPlace(rest));
  if ("problem" in opened) return opened;
  return { ...rest, ...(parseExact(opened.text) as Pick<Delivery, "customer" | "event" | "values">) };
}

/**
 * Bytes of customer and event together, as JSON. Keeps one delivery from blocking Redis or filling it (512
 * KiB).
 */
export const DELIVERY_BYTES_MAX = 524_288;

const customerSchema = z.looseObject({
  id: z.union(
    [z.string().min(1, "is empty").max(1_000, "is longer than 1,000 characters"), z.number(), z.bigint()],
    { error: "must be a non-empty string or a number" },
  ),
});

/**
 * Checks that a value is a customer: an object with an `id`.
 * @throws PostriderError `customer_invalid` naming the field.
 */
export function parseCustomer(value: unknown): Customer {
  const parsed = customerSchema.safeParse(value);
  // The value itself, not zod's copy: a copy would drop an own `__proto__` key, and cost time on the hot
  // path.
  if (parsed.success) return value as Customer;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join(".") ?? "";
  const message =
    field === ""
      ? "a customer must be an object with an id"
      : `customer.${field} ${issue?.message ?? "is not valid"}`;
  throw new PostriderError("customer_invalid", message, { problems: [{ field, message }] });
}

/**
 * Checks a run's id, which stands in Redis keys, file names and command lines.
 * @throws PostriderError `delivery_invalid`.
 */
export function parseRunId(run: string): string {
  if (isRunId(run)) return run;
  throw new PostriderError("delivery_invalid", `run: "${run}" must be ${RUN_ID_RULE}`);
}

/**
 * The delivery's id, which is its BullMQ job id and its Idempotency-Key: an opaque, header-safe text. The
 * same key, or the same run and customer, always give the same id. Ids of one run share their first eight
 * characters, and the very first is a letter, so that no command line takes an id for an option.
 */
export function toDeliveryId(source: { run: string; customerId: Customer["id"] } | { key: string }): string {
  if ("key" in source) return `${KEY_TAG}.${digest(`key\0${source.key}`, 22)}`;
  return `${toRunTag(source.run)}.${digest(`${source.run}\0${source.customerId}`, 22)}`;
}

/** An id for a delivery that nobody asked to be idempotent. */
export function newDeliveryId(): string {
  return toDeliveryId({ key: randomUUID() });
}

/** The first eight characters of the ids of a run's deliveries. */
export function toRunTag(run: string): string {
  return `r${digest(`run\0${run}`, 7)}`;
}

/** In a run tag's place, and none itself: those begin with another letter. */
const KEY_TAG = "kkkkkkkk";

function digest(text: string, chars: number): string {
  return hash("sha256", text, "base64url").slice(0, chars);
}
