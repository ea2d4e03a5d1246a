// The delivery that a preview or a test send is for: a customer, and what else its templates see.

import type { Delivery } from "@postrider/shared/delivery";
import { readCustomer, readEvent, readSnippets, readValues } from "../documents.ts";
import type { GivenSnippets } from "./load.ts";

export interface SampleOptions {
  readonly customer: string;
  readonly event?: string;
  readonly values?: string;
  readonly snippets?: string;
  readonly json?: boolean;
}

/** What a delivery carries for its templates. */
export type Sample = Pick<Delivery, "customer" | "event" | "values">;

/** @throws `customer_invalid`, `delivery_invalid`. */
export async function readSample({ customer, event, values }: SampleOptions): Promise<Sample> {
  return {
    customer: await readCustomer(customer),
    ...(event !== undefined && { event: await readEvent(event) }),
    ...(values !== undefined && { values: await readValues(values) }),
  };
}

/** The snippets of `--snippets`; none without it. */
export async function readGivenSnippets({ snippets }: { snippets?: string }): Promise<GivenSnippets> {
  return snippets === undefined ? {} : readSnippets(snippets);
}
