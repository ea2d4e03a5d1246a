// Every key that lies in Redis, ours and BullMQ's. There is none without a shard or the store that it belongs
// to.

/** The keys of events, and of the subscriptions that deliver them. */
function createEventKeys(prefix: string) {
  return {
    /** What operators are told of, for its readers: a stream like that of the outcomes. */
    events: () => `${prefix}:events`,
    /** How far a group of readers of events is, and who reads for it. */
    eventGroup: (group: string) => `${prefix}:events:group:${group}`,
    /** The names of these groups. */
    eventGroups: () => `${prefix}:events:groups`,
    /**
     * Which of the states stand that a duty judges, such as a failing action: `<state> <of>` → since when.
     */
    eventStates: () => `${prefix}:events:states`,
    /** There where an event was told that was handed on from the store. */
    eventTold: (id: string) => `${prefix}:events:told:${id}`,
    /** How far a subscription has read one of the two streams, and which process reads for it. */
    subscriptionReader: (name: string) => `${prefix}:subscriptions:reader:${name}`,
    /** The names of these readers. */
    subscriptionReaders: () => `${prefix}:subscriptions:readers`,
  } as const;
}

/** What stands between the braces of all keys of a shard. */
export function shardTag(keyPrefix: string, shard: string): string {
  return `${keyPrefix}:${shard}`;
}

/** What stands between the braces of all keys of the store. */
export function storeTag(keyPrefix: string): string {
  return keyPrefix;
}

/**
 * The keys of one shard. They share a hash tag, so that they live in one slot of a Redis Cluster.
 * @param keyPrefix what the keys of one installation begin with. @param shard its name.
 */
export function createShardKeys(keyPrefix: string, shard: string) {
  /** BullMQ's prefix, too. */
  const prefix = `{${shardTag(keyPrefix, shard)}}`;
  const laneKey = (lane: string, part: string): string => `${prefix}:${lane}:${part}`;
  return {
    prefix,
    /**
     * A delivery's mark: the lane that it is in, and once it has ended its outcome, kept for the idempotency
     * window.
     */
    outcome: (deliveryId: string) => `${prefix}:outcome:${deliveryId}`,
    /** A run's facts and counters. */
    run: (run: string) => `${prefix}:run:${run}`,
    /** The runs by the time of their beginning. */
    runs: () => `${prefix}:runs`,
    /** Deliveries of this shard ever enqueued and ended, so that an audit can tell a loss. */
    totals: () => `${prefix}:totals`,
    /** The recent outcomes, for their readers: a stream whose ids count, `<place>-<Unix ms>`. */
    outcomes: () => `${prefix}:outcomes`,
    /** How far a group of readers is, and who reads for it. */
    outcomeGroup: (group: string) => `${prefix}:outcomes:group:${group}`,
    /** The names of the groups. */
    outcomeGroups: () => `${prefix}:outcomes:groups`,
    ...createEventKeys(prefix),
    /** Deliveries that have not ended, of the customers who stand in this list (customer-place.ts). */
    customersOpen: (list: string) => `${prefix}:customers:open:${list}`,
    /** What has ended of them within a time: outcomes as their readers are told. */
    customersEnded: (period: number, list: string) => `${prefix}:customers:${period}:${list}`,
    /** What was counted within one minute or hour (Unix minutes, Unix hours): hash of name → cell. */
    rollUp: (unit: "minute" | "hour", at: number, dimension: string) =>
      `${prefix}:roll-ups:${unit}:${at}:${dimension}`,
    /** The latest portion that a process has added to the roll-ups. */
    rollUpWriter: (writer: string) => `${prefix}:roll-ups:writer:${writer}`,
    /** Test sends that no worker has taken up yet. */
    testSends: () => `${prefix}:test-sends`,
    /** What came of a test send. */
    testSend: (id: string) => `${prefix}:test-sends:${id}`,
    /** Registry of the own lanes: lane → `<version> <entry as JSON>`. */
    ownLanes: () => `${prefix}:own-lanes`,
    /** Which own lanes changed last: sorted by version. */
    ownLaneChanges: () => `${prefix}:own-lanes:changes`,
    /** Own lanes into which something came lately: sorted by Redis' clock, in Unix ms. */
    ownLaneArrivals: () => `${prefix}:own-lanes:arrivals`,
    /** The latest version. */
    ownLaneVersion: () => `${prefix}:own-lanes:version`,
    /** What workers met at a destination lately: `<second>:<kind>` → count. */
    failures: (lane: string) => `${prefix}:failures:${lane}`,
    /** Lanes of destinations that failed in the last window, by the time when it began. */
    failing: () => `${prefix}:failures:failing`,
    /**
     * Deliveries of a held run's lane that were released by themselves and came back because the run was
     * paused.
     */
    released: (lane: string) => laneKey(lane, "released"),
    /** When a lane with a rate may send its next request: Unix µs of Redis' clock. */
    nextRequest: (lane: string) => laneKey(lane, "next-request"),
    /** Worker processes by the time of their last sign of life. */
    workers: () => `${prefix}:workers`,
    /**
     * Shared lanes that workers serve, by the time of their last sign of life; gone when there are no
     * workers.
     */
    servedLanes: () => `${prefix}:workers:lanes`,
    /** Held by the worker that carries out a duty for all. */
    duty: (name: string) => `${prefix}:workers:${name}`,
    /** The installation's figures, as one process has read them for all. */
    figures: () => `${prefix}:workers:figures`,
    /** When the latest canary was delivered, in Unix ms. */
    canary: () => `${prefix}:workers:canary`,
    /** What an audit hands on to the next one, which another worker may carry out. */
    auditState: () => `${prefix}:workers:audit-state`,
    /** A key of BullMQ's for one lane: `wait`, `meta`, … */
    ofLane: laneKey,
    /** BullMQ's hash of one delivery in one lane. */
    job: (lane: string, deliveryId: string) => laneKey(lane, deliveryId),
  } as const;
}

export type ShardKeys = ReturnType<typeof createShardKeys>;

/** The keys that all shards share; none of them is used on the data path. */
export function createStoreKeys(keyPrefix: string) {
  const prefix = `{${storeTag(keyPrefix)}}`;
  return {
    keyPrefix,
    /** An action's versions: hash of version → JSON, with `latest`, `digest`, `examples` and `archivedAt`. */
    action: (id: string) => `${prefix}:action:${id}`,
    /** Set of the actions' ids. */
    actions: () => `${prefix}:actions`,
    /** Set of the ids of those that are archived. */
    archivedActions: () => `${prefix}:actions:archived`,
    /** The store's snippets: hash of name → text. Read when an action is saved. */
    snippets: () => `${prefix}:snippets`,
    /** Hash of secrets' names → when they were set, and the sealed value. Read a few times a minute. */
    secrets: () => `${prefix}:secrets`,
    /** Hash of the API's tokens: id → what it grants, and its digest. Read once a second. */
    apiTokens: () => `${prefix}:api-tokens`,
    /** Until when a token's requests are granted. */
    apiRate: (token: string) => `${prefix}:api-rate:${token}`,
    /**
     * The answer to a request with an Idempotency-Key, or that it is under way; `digest` tells caller and
     * key.
     */
    apiAnswer: (digest: string) => `${prefix}:api-answer:${digest}`,
    /** Which form all keys have, as a number: read once by each process at its start. */
    format: () => `${prefix}:format`,
    /** What waits in each shard of what it shares: hash of shard → JSON. Written once a second. */
    rateDemand: () => `${prefix}:rate-demand`,
    /** How the shards share what destinations grant, as JSON; and whose turn it is to say it. */
    rateShares: () => `${prefix}:rate-shares`,
    rateSharesTurn: () => `${prefix}:rate-shares:turn`,
    /** Which shards there are, as JSON; absent while there is one. Read once a second. */
    shards: () => `${prefix}:shards`,
    /** What arrived in the request bin lately: a list. Written for those few deliveries alone. */
    bin: () => `${prefix}:bin`,
    /** Who changed what: a stream. */
    audit: () => `${prefix}:audit`,
    /** A task: what it is to do, for whom, how far it is, and who carries it out. */
    task: (id: string) => `${prefix}:task:${id}`,
    /** The tasks by the time when they were begun. */
    tasks: () => `${prefix}:tasks`,
    /** Those of them that have not ended. */
    openTasks: () => `${prefix}:tasks:open`,
    /** Those that have ended and were not told as events yet. */
    untoldTasks: () => `${prefix}:tasks:untold`,
    /** The subscriptions: hash of id → JSON. */
    subscriptions: () => `${prefix}:subscriptions`,
    /** An access token, sealed; `identity` tells the client that it was issued to. */
    token: (identity: string) => `${prefix}:token:${identity}`,
    /** Held by the worker that fetches a token. */
    tokenLock: (identity: string) => `${prefix}:token:${identity}:lock`,
    /** Why the last fetch of a token failed; while it stands nobody tries again. */
    tokenFailure: (identity: string) => `${prefix}:token:${identity}:failure`,
  } as const;
}

export type StoreKeys = ReturnType<typeof createStoreKeys>;

/**
 * Events that BullMQ keeps per lane. Nothing of ours reads the stream, and admission tells nothing there.
 */
export const LANE_EVENTS_MAX = 100;

/** How long a run's facts stay readable after its last change (30 days). */
export const RUN_KEPT_SECONDS = 30 * 24 * 3_600;
