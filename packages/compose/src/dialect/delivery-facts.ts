// What rendering may know of the delivery itself. Chance and time come from here and from nowhere else, so
// that every attempt sends the same bytes and an Idempotency-Key always stands for one request.

import { createHash } from "node:crypto";
import type { Context } from "liquidjs";

export interface DeliveryFacts {
  readonly id: string;
  /** Unix ms when it was due: what templates call now. */
  readonly dueAt: number;
  /** The Idempotency-Key; absent: the id. */
  readonly key?: string;
}

const REGISTER = "postrider:delivery";
const DRAWN = "postrider:drawn";

export function setFacts(context: Context, facts: DeliveryFacts): void {
  context.setRegister(REGISTER, facts);
}

export function factsOf(context: Context): DeliveryFacts {
  return context.getRegister(REGISTER) as unknown as DeliveryFacts;
}

/**
 * The next bytes of the delivery's own chance: the same sequence at each attempt, another one in each field.
 */
export function drawBytes(context: Context, field: string): Buffer {
  const drawn = Number(context.getRegister(DRAWN, 0 as never)) + 1;
  context.setRegister(DRAWN, drawn as never);
  return createHash("sha256")
    .update(`${factsOf(context).id}\0${field}\0${drawn}`)
    .digest();
}
