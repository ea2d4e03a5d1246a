// The TypeScript client of Postrider's HTTP API: every operation of its description, lists as one sequence,
// runs of any length as a stream, and outcomes and events as they come. Safe to be told again: every POST
// carries an Idempotency-Key, so that a request that was cut is sent again and carried out once.

import { isTokenText, readApiUrl, TOKEN_RULE } from "@postrider/shared/api-url";
import { type Call, createCall } from "./call.ts";
import { type EventTold, type Follow, follow, type OutcomeTold } from "./follow-told.ts";
import { createEach, type Each } from "./pages.ts";
import { type SendCustomers, sendCustomers } from "./send-customers.ts";
import type { CustomersSent } from "./stream-totals.ts";

export interface ClientOptions {
  /** Where the API is, such as `https://postrider.example.com`; without credentials in it. */
  readonly url: string;
  /** As `postrider tokens create` prints it; absent: none, for an API that listens on loopback only. */
  readonly token?: string;
  /** How long one try of a request may take; 60,000 unless given. */
  readonly timeoutMs?: number;
  /**
   * How often a request is tried in all, after cut connections and answers that ask to come again (429, 503);
   * 5 unless given. `Retry-After` is waited for, up to a minute.
   */
  readonly tries?: number;
}

export interface Client {
  /** One operation of the API, by its name in the description (docs/openapi.json). @throws ApiError. */
  readonly call: Call;
  /** Everything that a list has, page by page. @throws ApiError. */
  readonly each: Each;
  /** Enqueues a run of any length. @throws ApiError, and what the customers' iterable throws. */
  sendCustomers(order: SendCustomers): Promise<CustomersSent>;
  /** How deliveries end, as they do; each at least once. @throws ApiError. */
  outcomes(options?: Follow): AsyncGenerator<OutcomeTold, void>;
  /** What operators are told of, as it happens; each at least once. @throws ApiError. */
  events(options?: Follow): AsyncGenerator<EventTold, void>;
}

const TIMEOUT_MS = 60_000;
const TRIES = 5;

/** @throws TypeError for a URL or token that cannot be one; the message shows neither. */
export function createClient(options: ClientOptions): Client {
  const { token, timeoutMs = TIMEOUT_MS, tries = TRIES } = options;
  const read = readApiUrl(options.url);
  if ("problem" in read) throw new TypeError(`url: ${read.problem}`);
  if (token !== undefined && !isTokenText(token)) throw new TypeError(`token: ${TOKEN_RULE}`);
  const access = { url: read.url, token: token ?? null };
  const call = createCall(access, { tries, timeoutMs });
  return {
    call,
    each: createEach(call),
    sendCustomers: (order) => sendCustomers(order, { access, tries }),
    outcomes: (options = {}) => follow("outcomes", options, { access, call, tries }),
    events: (options = {}) => follow("events", options, { access, call, tries }),
  };
}
