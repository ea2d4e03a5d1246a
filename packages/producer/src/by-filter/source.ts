// Deliveries as lists show them, and where they come from: each source walks one of the places in which
// deliveries are kept, as far as its reader pulls.

import type { ParsedFilter } from "@postrider/shared/delivery-filter";
import { invalidField, type PostriderError } from "@postrider/shared/errors";
import type { Outcome } from "@postrider/shared/outcome";
import type { DeliveryState } from "../deliveries/locate.ts";

export interface ListedDelivery {
  readonly id: string;
  readonly state: DeliveryState;
  /** Where it lies; null once it has left the lanes. */
  readonly lane: string | null;
  /** The shared lane in which it began; null where what is kept does not tell. */
  readonly home: string | null;
  /** `id@version`. */
  readonly action: string;
  /** Null, or empty, where it is sealed and the key is not at hand. */
  readonly customerId: string | number | bigint | null;
  readonly run: string | null;
  readonly labels: readonly string[];
  /** Unix ms when it was enqueued, or replayed last; null where what is kept does not tell. */
  readonly enqueuedAt: number | null;
  /** Unix ms when a delayed one becomes due. */
  readonly dueAt: number | null;
  /** How it ended; null while it is open. */
  readonly outcome: Outcome | null;
}

export interface Row {
  readonly listed: ListedDelivery;
  /** Goes on behind it; for the same source. */
  readonly place: string;
}

/** What a source has looked at in one step of bounded work. */
export interface Batch {
  /** Those that the filter means. */
  readonly rows: readonly Row[];
  /** How many were looked at for it. */
  readonly looked: number;
  /** Where the next one begins; null after the last one. */
  readonly next: string | null;
}

/**
 * Whoever has enough stops pulling. @param after null: from the beginning.
 * @throws `filter_invalid` for a place that is none of this source's.
 */
export type Source = (filter: ParsedFilter, after: string | null) => AsyncGenerator<Batch>;

/** The error for a cursor, or a place in one, that nobody has handed out. */
export function noPlace(): PostriderError {
  return invalidField("filter_invalid", "after", "is none that an earlier page of the same filter has given");
}
