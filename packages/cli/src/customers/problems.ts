// What becomes of the bad lines of a customers file: told on the terminal and put aside, or an error.

import type { BadLine } from "@postrider/producer/customers/customer-line";
import { createGoodCustomers, type GoodCustomers } from "@postrider/producer/customers/good-customers";
import type { Customer } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import type { Context } from "../context.ts";
import type { CustomersFile } from "./open-customers.ts";
import type { Rejects } from "./rejects.ts";

/** Beyond these the terminal helps nobody; the rejects file has all. */
const PROBLEMS_SHOWN_MAX = 20;

/**
 * The customers throw `customer_invalid` at a bad line, unless bad lines are rejected and passed over.
 * @param rejects null: a bad line is an error.
 */
export function createProblems(
  file: CustomersFile,
  rejects: Rejects | null,
  { output }: Context,
): GoodCustomers {
  let seen = 0;
  return createGoodCustomers(file.lines, async (line) => {
    if (rejects === null) throw toError(line);
    await rejects.write(line);
    seen += 1;
    if (seen <= PROBLEMS_SHOWN_MAX) output.note(describe(line));
    if (seen === PROBLEMS_SHOWN_MAX + 1) output.note("more bad lines follow");
  });
}

function describe({ line, column, problem }: BadLine): string {
  return `line ${line}, column ${column}: ${problem}`;
}

function toError(bad: BadLine): PostriderError {
  const advice = "nothing after this line was enqueued; mend it and run again, or pass --skip-invalid";
  return new PostriderError("customer_invalid", `${describe(bad)}\n${advice}`, {
    problems: [{ field: "", line: bad.line, column: bad.column, message: bad.problem }],
  });
}

/**
 * The customers, of whom there is one at least: told before anything is begun.
 * @param file as it was named; `-` for standard input. @throws `customers_empty`, unless that is allowed.
 */
export async function unlessEmpty(
  problems: GoodCustomers,
  file: string,
  allowsNone: boolean,
): Promise<AsyncIterable<Customer>> {
  const all = problems.customers();
  const first = await all.next();
  if (first.done !== true) return startWith(first.value, all);
  if (allowsNone) return all;
  const nothing = problems.rejected > 0 ? "no good line" : "no customer";
  throw new PostriderError(
    "customers_empty",
    `${file === "-" ? "standard input" : file} has ${nothing} in it, so nothing was enqueued; pass --allow-empty if that is what you mean`,
  );
}

async function* startWith(first: Customer, rest: AsyncIterable<Customer>): AsyncGenerator<Customer> {
  yield first;
  yield* rest;
}
