// The customers of a run on their way to the API: pulled one by one, and kept as lines until the API has
// acknowledged them, so that a connection that is cut costs nobody. Never more than a window of them is kept.

import { refuseLost, stringifyExact } from "@postrider/shared/exact-json";

export type Customer = Readonly<Record<string, unknown>> & { readonly id: string | number | bigint };

/** What is kept at most: some seconds of the fastest stream, and one chunk of the largest customers. */
const WINDOW_BYTES = 33_554_432;

export interface PendingCustomers {
  /** The number of the first line that is not acknowledged, from 0. */
  first(): number;
  /** How many lines were pulled so far. */
  pulled(): number;
  line(number: number): string;
  /** Whether the source has given all that it has, or failed. */
  isDrained(): boolean;
  /** What the source threw. */
  failure(): { readonly error: unknown } | null;
  /**
   * Pulls one more; resolves when there is news: a line, the source's end, or room in a full window. Callers
   * share one pull, and a caller that is gone loses no customer.
   */
  more(): Promise<void>;
  /** All lines before this one are acknowledged. */
  acknowledge(number: number): void;
  /** Resolves with the next acknowledgement. */
  acknowledged(): Promise<void>;
  /** Lets the source clean up, unless it is still busy with the next one. */
  close(): Promise<void>;
}

export function createPendingCustomers(
  from: Iterable<Customer> | AsyncIterable<Customer>,
  windowBytes = WINDOW_BYTES,
): PendingCustomers {
  const iterator =
    Symbol.asyncIterator in from
      ? from[Symbol.asyncIterator]()
      : (from as Iterable<Customer>)[Symbol.iterator]();
  let lines: string[] = [];
  let first = 0;
  let bytes = 0;
  let isDrained = false;
  let failure: { readonly error: unknown } | null = null;
  let pulling: Promise<void> | null = null;
  let waiting: (() => void)[] = [];

  const pull = async (): Promise<void> => {
    try {
      const next = await iterator.next();
      if (next.done === true) isDrained = true;
      else {
        const line = toLine(next.value);
        lines.push(line);
        bytes += line.length;
      }
    } catch (error) {
      isDrained = true;
      failure = { error };
    } finally {
      pulling = null;
    }
  };
  const acknowledged = (): Promise<void> => new Promise((resolve) => void waiting.push(resolve));
  return {
    first: () => first,
    pulled: () => first + lines.length,
    line: (number) => lines[number - first] ?? "",
    isDrained: () => isDrained,
    failure: () => failure,
    async more() {
      if (isDrained) return;
      if (bytes >= windowBytes) return acknowledged();
      pulling ??= pull();
      await pulling;
    },
    acknowledge(number) {
      if (number <= first) return;
      for (const line of lines.slice(0, number - first)) bytes -= line.length;
      lines = lines.slice(number - first);
      first = number;
      const told = waiting;
      waiting = [];
      for (const tell of told) tell();
    },
    acknowledged,
    async close() {
      if (pulling === null && !isDrained) await iterator.return?.();
    },
  };
}

/** @throws RangeError for what JSON would change, TypeError for what it does not know. */
function toLine(customer: Customer): string {
  const json = stringifyExact(customer);
  refuseLost(customer, json);
  return `${json}\n`;
}
