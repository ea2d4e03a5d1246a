// The good lines' customers, one after the other; whoever reads says what becomes of the bad ones.

import type { Customer } from "@postrider/shared/delivery";
import type { BadLine, CustomerLine } from "./customer-line.ts";

export interface GoodCustomers {
  /** Bad lines so far that did not end the reading. */
  readonly rejected: number;
  readonly customersRead: number;
  /** @throws what `onBad` throws at a bad line, and what the lines throw. */
  customers(): AsyncGenerator<Customer>;
}

/** @param onBad throws where a bad line ends the reading; otherwise it is counted and passed over. */
export function createGoodCustomers(
  lines: AsyncIterable<CustomerLine>,
  onBad: (line: BadLine) => Promise<void>,
): GoodCustomers {
  let rejected = 0;
  let customersRead = 0;
  return {
    get rejected() {
      return rejected;
    },
    get customersRead() {
      return customersRead;
    },
    async *customers() {
      for await (const line of lines) {
        if ("problem" in line) {
          await onBad(line);
          rejected += 1;
        } else {
          customersRead += 1;
          yield line.customer;
        }
      }
    },
  };
}
