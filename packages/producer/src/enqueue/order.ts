// What callers hand in, checked at run time: a producer is called from JavaScript, too, and a typing error
// must not become a run called "undefined".

import { invalidField, PostriderError } from "@postrider/shared/errors";
import { areLabels, LABELS_RULE } from "@postrider/shared/labels";
import { isLaneName } from "@postrider/shared/lanes";
import { parseTraceparent } from "@postrider/shared/tracing/trace-context";

/** A field's rule: whether it must be there, what it must be in words, and whether a value is that. */
interface Rule {
  readonly isRequired?: true;
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isDate = (value: unknown): boolean => value instanceof Date && !Number.isNaN(value.getTime());
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isFunction = (value: unknown): boolean => typeof value === "function";
const isIterable = (value: unknown): boolean =>
  Array.isArray(value) ||
  (isObject(value) && (Symbol.iterator in Object(value) || Symbol.asyncIterator in Object(value)));

/** It stands in BullMQ's job and in a digest. */
const KEY_CHARS_MAX = 1_000;

const COMMON: Readonly<Record<string, Rule>> = {
  action: { isRequired: true, must: "be a text such as welcome or welcome@2", holds: isText },
  event: { must: "be an object", holds: isObject },
  values: { must: "be an object", holds: isObject },
  lane: {
    must: "be 1 to 50 of a-z 0-9 _ - and start with a letter or digit",
    holds: (value) => typeof value === "string" && isLaneName(value),
  },
  labels: { must: LABELS_RULE, holds: areLabels },
  traceparent: {
    must: "be a traceparent, such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    holds: (value) => parseTraceparent(value) !== null,
  },
  sendAt: { must: "be a valid Date", holds: isDate },
  expiresAt: { must: "be a valid Date", holds: isDate },
};

const DELIVERY: Readonly<Record<string, Rule>> = {
  ...COMMON,
  customer: { isRequired: true, must: "be an object with an id", holds: isObject },
  key: {
    must: `be a text of 1 to ${KEY_CHARS_MAX} characters`,
    holds: (value) => typeof value === "string" && value !== "" && value.length <= KEY_CHARS_MAX,
  },
};

const RUN: Readonly<Record<string, Rule>> = {
  ...COMMON,
  run: { isRequired: true, must: "be a text", holds: isText },
  customers: { isRequired: true, must: "be an array or another iterable, async or not", holds: isIterable },
  hold: { must: "be true or false", holds: isBoolean },
  open: { must: "be true or false", holds: isBoolean },
  onProgress: { must: "be a function", holds: isFunction },
  onInvalid: { must: "be a function", holds: isFunction },
  signal: { must: "be an AbortSignal", holds: (value) => value instanceof AbortSignal },
};

/** @throws `delivery_invalid`, or `customer_invalid`, naming the field. */
export function checkDeliveryOrder(order: unknown): void {
  check(order, DELIVERY);
}

/** @throws `delivery_invalid` naming the field. */
export function checkRunOrder(order: unknown): void {
  check(order, RUN);
}

function check(order: unknown, rules: Readonly<Record<string, Rule>>): void {
  if (!isObject(order)) throw new PostriderError("delivery_invalid", "an order must be an object");
  const given = order as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((field) => !Object.hasOwn(rules, field));
  if (unknown !== undefined)
    throw invalid(unknown, `is no field of an order; it has ${Object.keys(rules).join(", ")}`);
  for (const [field, { isRequired, must, holds }] of Object.entries(rules)) {
    const value = given[field];
    if (value === undefined ? isRequired === true : !holds(value)) throw invalid(field, `must ${must}`);
  }
  const { sendAt, expiresAt } = given;
  if (sendAt instanceof Date && expiresAt instanceof Date && expiresAt <= sendAt)
    throw invalid("expiresAt", "must be after sendAt");
}

function invalid(field: string, message: string): PostriderError {
  const code = field === "customer" ? "customer_invalid" : "delivery_invalid";
  return invalidField(code, field, message);
}
