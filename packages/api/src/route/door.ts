// Who may come in: an interface between the server, which knows HTTP, and what knows tokens.

import type { Caller } from "./caller.ts";
import type { Route } from "./route.ts";

/** What a request says of its sender, before its body is read. */
export interface Visit {
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which browsers add and no page can change. */
  readonly fetchSite: string | undefined;
}

export interface Door {
  /**
   * @param setHeader of the answer, whether it will be a good one or not.
   * @throws `unauthorized`, `forbidden`, `rate_limited`, `redis_unavailable`.
   */
  admit(
    visit: Visit,
    route: Pick<Route, "scope">,
    setHeader: (name: string, value: string) => void,
  ): Caller | Promise<Caller>;
  /** Whether whoever was admitted still would be: an answer that goes on for hours outlives its token. */
  isStillWelcome(visit: Visit, route: Pick<Route, "scope">): Promise<boolean>;
}
