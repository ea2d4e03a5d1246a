// The customers of a run whose deliveries failed: their data are kept with the dead letters.

import type { Operations } from "@postrider/client/generated";
import { askApi } from "../../session/session.ts";

type Customer = Operations["testAction"]["body"]["customer"];

const MAX = 50;
/** A browser opens six connections, and the page needs some for itself. */
const AT_ONCE = 4;

/** @throws ApiError. */
export async function findFailedCustomers(run: string): Promise<readonly Customer[]> {
  const { deadLetters } = await askApi("listDeadLetters", { query: { run, limit: MAX } });
  const found: (Customer | null)[] = [];
  for (let at = 0; at < deadLetters.length; at += AT_ONCE) {
    const some = deadLetters.slice(at, at + AT_ONCE);
    found.push(...(await Promise.all(some.map(({ id }) => readCustomer(id)))));
  }
  return found.filter((customer) => customer !== null);
}

/** Null where it is sealed and the API has no key. */
async function readCustomer(id: string): Promise<Customer | null> {
  const { delivery } = await askApi("getDeadLetter", { params: { id } });
  const { customer } = (delivery ?? {}) as { readonly customer?: unknown };
  return typeof customer === "object" && customer !== null && "id" in customer
    ? (customer as Customer)
    : null;
}
