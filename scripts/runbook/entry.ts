// What an entry of the runbook is made of, and the steps that several of them share.

/** A sentence; or, beginning with `$ `, a command that a test runs, with why behind two spaces and `#`. */
export type Step = string;

export interface Entry {
  readonly meaning: string;
  readonly impact: string;
  /** What to look at. */
  readonly look: readonly Step[];
  readonly causes: readonly string[];
  readonly act: readonly Step[];
  /** How to know that it worked. */
  readonly worked: readonly Step[];
}

export const STATUS = "$ postrider status  # lanes, what waits in them, open circuits";
export const TOP = "$ postrider top --once  # lanes, destinations, runs and workers with their rates";
export const REDIS_MEMORY = '$ redis-cli -u "$REDIS" info memory  # used_memory, maxmemory, maxmemory_policy';
export const READY = '$ curl -sS "$API/readyz"  # whether the API reaches Redis';
/** The API's own series, with a token where it asks for one. */
export const API_METRICS = '$ curl -sS -H "Authorization: Bearer $POSTRIDER_TOKEN" "$API/metrics"';
export const CHANGES = "$ postrider audit --limit 20  # who changed what lately";
export const GROUPS =
  "$ postrider dead-letters groups --by reason,destination,action  # what failed, with an example of each";
