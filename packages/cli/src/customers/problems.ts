// The good lines of a customers file, one after the other, and what becomes of the bad ones.

import type { Customer } from "@postrider/shared/delivery";
import { PostriderError } from "@postrider/shared/errors";
import type { Context } from "../context.ts";
import type { BadLine } from "./customer-line.ts";
import type { CustomersFile } from "./open-customers.ts";
import type { Rejects } from "./rejects.ts";

export interface Problems {
  readonly rejected: number;
  readonly customersRead: number;
  /**
   * The good lines' customers. @throws `customer_invalid` at a bad line, unless those are rejected and passed
   * over.
   */
  customers(): AsyncGenerator<Customer>;
}

/** Beyond these the terminal helps nobody; the rejects file has all. */
const PROBLEMS_SHOWN_MAX = 20;

export function createProblems(file: CustomersFile, rejects: Rejects | null, { output }: Context): Problems {
  let rejected = 0;
  let customersRead = 0;
  const reject = async (line: BadLine): Promise<void> => {
    if (rejects === null) throw toError(line);
    rejected += 1;
    await rejects.write(line);
    if (rejected <= PROBLEMS_SHOWN_MAX) output.note(describe(line));
    if (rejected === PROBLEMS_SHOWN_MAX + 1) output.note("more bad lines follow");
  };
  return {
    get rejected() {
      return rejected;
    },
    get customersRead() {
      return customersRead;
    },
    async *customers() {
      for await (const line of file.lines) {
        if ("problem" in line) {
          await reject(line);
        } else {
          customersRead += 1;
          yield line.customer;
        }
      }
    },
  };
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
  problems: Problems,
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
