// For each alert what makes it fire and what does not quite, in the notation of promtool: `a+bxn` begins with
// a and grows by b, n times, once a minute; `axn` stays.

export interface Moment {
  /** Values by series, without the prefix and the namespace. */
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
}

export interface AlertCase {
  readonly fires: Moment;
  readonly silent: Moment;
  /** Another way to it, while other installations are seen. */
  readonly alsoFires?: Moment;
}

/** First attempts: so many a minute, and so many of them late. */
function attempts(perMinute: number, late: number, minutes: number): Record<string, string> {
  const at = (le: string, step: number) =>
    [`first_attempt_delay_seconds_bucket{lane="transactional", le="${le}"}`, `0+${step}x${minutes}`] as const;
  const count = [
    `first_attempt_delay_seconds_count{lane="transactional"}`,
    `0+${perMinute}x${minutes}`,
  ] as const;
  return Object.fromEntries([at("5", perMinute - late), at("+Inf", perMinute), count]);
}

/** A series that has one value, and a look at it when it has held for long. */
function at(series: string, value: number, minutes = 45): Moment {
  return { series: { [series]: `${value}x${minutes}` }, at: `${minutes}m` };
}

/** Counters that grow by so much a minute. */
function growing(steps: Readonly<Record<string, number>>, minutes = 45): Moment {
  const series = Object.entries(steps).map(([name, step]) => [name, `0+${step}x${minutes}`]);
  return { series: Object.fromEntries(series), at: `${minutes}m` };
}

/** One probe of Redis a second, all of which take so long. */
function probes(bound: string): Moment {
  return growing({
    [`redis_command_duration_seconds_bucket{le="${bound}"}`]: 60,
    'redis_command_duration_seconds_bucket{le="+Inf"}': 60,
  });
}

const taking = (bound: string): Moment =>
  growing({
    [`api_request_duration_seconds_bucket{method="POST", route="/v1/deliveries", le="${bound}"}`]: 60,
    'api_request_duration_seconds_bucket{method="POST", route="/v1/deliveries", le="+Inf"}': 60,
  });

const ended = (failed: number, delivered: number): Moment =>
  growing({
    'deliveries_total{lane="bulk", outcome="failed", reason="gone"}': failed,
    'deliveries_total{lane="bulk", outcome="delivered", reason="reply_2xx"}': delivered,
  });

const answered = (timeouts: number, replies: number): Moment =>
  growing({
    'attempts_total{status_class="", fault="timeout"}': timeouts,
    'attempts_total{status_class="2xx", fault=""}': replies,
  });

/** Beside probes, half of which fail. */
const requests = (failed: number, answered: number): Moment =>
  growing({
    'api_requests_total{method="GET", route="/readyz", status_class="5xx"}': 60,
    'api_requests_total{method="GET", route="/readyz", status_class="2xx"}': 60,
    'api_requests_total{method="GET", route="/v1/runs", status_class="5xx"}': failed,
    'api_requests_total{method="GET", route="/v1/runs", status_class="2xx"}': answered,
  });

const filled = (used: number, max: number): Moment => ({
  series: { redis_memory_used_bytes: `${used}x45`, redis_memory_max_bytes: `${max}x45` },
  at: "45m",
});

const waiting = (endedStep: number): Moment => ({
  series: {
    'lane_waiting{lane="bulk"}': "5x45",
    'deliveries_total{lane="bulk", outcome="delivered", reason="reply_2xx"}': `7+${endedStep}x45`,
    'retries_total{lane="bulk", reason="timeout"}': "0x45",
    'lane_moves_total{lane="bulk", to="run"}': "0x45",
  },
  at: "45m",
});

/** Known for a quarter of an hour, and then gone; others may remain. */
const gone = (series: string, value: number, others: Readonly<Record<string, string>> = {}): Moment => ({
  series: { [series]: `${value}x15`, ...others },
  at: "45m",
});

const lagging = (lag: string, unread: number, kept: string, most: number): Moment => ({
  series: { [lag]: `${unread}x45`, [kept]: `${most}x45` },
  at: "45m",
});

const canaryIs = (enabled: number, step: number): Moment => ({
  series: { canary_enabled: `${enabled}x45`, 'canary_deliveries_total{result="delivered"}': `0+${step}x45` },
  at: "45m",
});

export const CASES: Readonly<Record<string, AlertCase>> = {
  // 2 % late burns twenty times as fast as a month grants.
  PostriderFirstAttemptsLate: {
    fires: { series: attempts(100, 2, 90), at: "90m" },
    silent: { series: attempts(100, 0.5, 90), at: "90m" },
  },
  PostriderFirstAttemptsOftenLate: {
    fires: { series: attempts(1_000, 4, 720), at: "12h" },
    silent: { series: attempts(1_000, 0.9, 720), at: "12h" },
  },
  PostriderTransactionalWaits: {
    fires: at('lane_oldest_age_seconds{lane="transactional"}', 61),
    silent: at('lane_oldest_age_seconds{lane="bulk"}', 3_000),
  },
  PostriderSharedLaneBehind: {
    fires: at('lane_oldest_age_seconds{lane="bulk"}', 3_601),
    silent: at('lane_oldest_age_seconds{lane="bulk"}', 3_599),
  },
  PostriderLaneStandsStill: { fires: waiting(0), silent: waiting(1) },
  PostriderAbsent: {
    fires: at('lane_oldest_age_seconds{lane="bulk"}', 0),
    silent: at('build_info{version="1.0.0"}', 1),
    alsoFires: gone('build_info{version="1.0.0"}', 1),
  },
  PostriderNoWorkers: { fires: at("workers", 0), silent: at("workers", 1) },
  PostriderSharedLaneUnserved: {
    fires: at("shared_lanes_unserved", 1),
    silent: at("shared_lanes_unserved", 0),
  },
  PostriderOwnLanesUnserved: { fires: at("own_lanes_unserved", 3), silent: at("own_lanes_unserved", 3, 20) },
  PostriderClaimsRunOut: {
    fires: growing({ 'repeated_claims_total{lane="bulk", kind="reclaimed"}': 2 }),
    silent: growing({ 'repeated_claims_total{lane="bulk", kind="ended"}': 9 }),
  },
  PostriderEventLoopBlocked: {
    fires: at("nodejs_eventloop_lag_p99_seconds", 0.6),
    silent: at("nodejs_eventloop_lag_p99_seconds", 0.4),
  },
  PostriderSocketsExhausted: {
    fires: growing({ sockets_refused_total: 1 }),
    silent: growing({ sockets_refused_total: 0 }),
  },
  PostriderTemplatesFail: {
    fires: growing({ 'compose_failures_total{reason="template"}': 10, compose_duration_seconds_count: 100 }),
    silent: growing({ 'compose_failures_total{reason="template"}': 4, compose_duration_seconds_count: 100 }),
  },
  PostriderVersionsMixed: {
    fires: {
      series: { 'build_info{version="1.0.0"}': "1x400", 'build_info{version="1.1.0"}': "1x400" },
      at: "400m",
    },
    silent: { series: { 'build_info{version="1.0.0"}': "1x400" }, at: "400m" },
  },
  PostriderRedisDown: { fires: at("redis_up", 0), silent: at("redis_up", 1) },
  PostriderRedisUnreachable: {
    fires: { series: { 'redis_up{instance="a"}': "0x45", 'redis_up{instance="b"}': "1x45" }, at: "45m" },
    silent: { series: { 'redis_up{instance="a"}': "1x45", 'redis_up{instance="b"}': "1x45" }, at: "45m" },
  },
  PostriderShardAway: {
    fires: { series: { 'shards_away{instance="a"}': "1x15", 'redis_up{instance="a"}': "1x15" }, at: "15m" },
    // With all of them away it is Redis that is down.
    silent: { series: { 'shards_away{instance="a"}': "2x15", 'redis_up{instance="a"}': "0x15" }, at: "15m" },
  },
  PostriderRedisMemoryFills: { fires: filled(80, 100), silent: filled(70, 100) },
  PostriderRedisMemoryFull: { fires: filled(95, 100), silent: filled(95, 0) },
  PostriderRedisMayEvict: { fires: at("redis_may_evict", 1), silent: at("redis_may_evict", 0) },
  PostriderRedisNotPersistent: { fires: at("redis_persistent", 0), silent: at("redis_persistent", 1) },
  PostriderRedisSlow: { fires: probes("0.25"), silent: probes("0.05") },
  PostriderDeliveriesLost: {
    fires: at('deliveries_imbalance{kind="lost"}', 3),
    silent: at('deliveries_imbalance{kind="surplus"}', 3),
  },
  PostriderDeliveriesSurplus: {
    fires: at('deliveries_imbalance{kind="surplus"}', 3),
    silent: at('deliveries_imbalance{kind="surplus"}', 0),
  },
  PostriderLanesHealed: {
    fires: growing({ lanes_healed_total: 1 }),
    silent: growing({ lanes_healed_total: 0 }),
  },
  PostriderNothingReachable: { fires: answered(90, 30), silent: answered(30, 90) },
  PostriderCircuitStorm: {
    fires: at('circuits{state="open"}', 10),
    silent: at('circuits{state="open"}', 9),
  },
  PostriderDeadLettersSpike: { fires: ended(10, 90), silent: ended(4, 96) },
  PostriderDeadLettersDropped: {
    fires: growing({ 'dead_letters_dropped_total{lane="bulk"}': 30 }, 90),
    silent: growing({ 'dead_letters_dropped_total{lane="bulk"}': 10 }, 90),
  },
  PostriderTokensRefused: {
    fires: growing({ 'token_fetches_total{result="refused"}': 1 }),
    silent: growing({ 'token_fetches_total{result="issued"}': 9 }),
  },
  PostriderOutcomeReaderLags: {
    fires: lagging('outcome_reader_lag{group="warehouse"}', 2_501, "outcomes_kept", 10_000),
    silent: lagging('outcome_reader_lag{group="warehouse"}', 500_000, "outcomes_kept", 2_000_000),
  },
  PostriderEventReaderLags: {
    fires: lagging('event_reader_lag{group="pager"}', 251, "events_kept", 1_000),
    silent: lagging('event_reader_lag{group="pager"}', 25_000, "events_kept", 100_000),
  },
  PostriderSubscriptionHindered: {
    fires: at('subscriptions{state="hindered"}', 1),
    silent: at('subscriptions{state="hindered"}', 1, 10),
  },
  PostriderSubscriptionLags: {
    fires: lagging("subscription_lag", 25_001, "events_kept", 100_000),
    silent: lagging("subscription_lag", 25_000, "events_kept", 100_000),
  },
  PostriderCanaryNotRunning: {
    fires: canaryIs(1, 0),
    silent: canaryIs(0, 0),
    alsoFires: gone("canary_enabled", 1),
  },
  PostriderApiAbsent: {
    fires: gone("api_in_flight", 0, { 'build_info{version="1.0.0"}': "1x45" }),
    silent: at('build_info{version="1.0.0"}', 1),
  },
  PostriderCanaryLateOrLost: {
    fires: growing({ 'canary_deliveries_total{result="late"}': 1 }),
    silent: growing({ 'canary_deliveries_total{result="delivered"}': 1 }),
  },
  PostriderApiFails: { fires: requests(6, 60), silent: requests(2, 60) },
  PostriderApiSlow: { fires: taking("2"), silent: taking("0.1") },
  PostriderTasksFail: {
    fires: growing({ 'tasks_total{do="replay", state="failed"}': 1 }),
    silent: growing({ 'tasks_total{do="replay", state="done"}': 1 }),
  },
};
