// Entries of the alerts on Redis, destinations, those who read from us, and the API.

import { CHANGES, type Entry, GROUPS, READY, REDIS_MEMORY, STATUS, TOP } from "./entry.ts";

export const ALERTS_OF_SURROUNDINGS: Readonly<Record<string, Entry>> = {
  PostriderRedisDown: {
    meaning: "No process of Postrider gets an answer from Redis.",
    impact:
      "Nothing is accepted (503 `redis_unavailable`) and nothing is sent. What was accepted lies in Redis.",
    look: ['$ redis-cli -u "$POSTRIDER_REDIS_URL" ping  # from where workers run', READY],
    causes: [
      "Redis is down, restarts, or loads its append-only file (`LOADING`).",
      "A failover is under way: wait half a minute.",
      "Network or password changed.",
    ],
    act: [
      "Bring Redis back, with its append-only file. Postrider's processes reconnect by themselves within 15 s: restart none of them.",
    ],
    worked: ["Redis is *yes* in Overview, and the audit finds nothing missing.", STATUS],
  },
  PostriderRedisUnreachable: {
    meaning: "One process does not reach Redis although others may.",
    impact: "That process sends nothing; its claims run out and others take them up.",
    look: [
      "Redis, *Reached, by process*.",
      '$ redis-cli -u "$POSTRIDER_REDIS_URL" info clients  # near maxclients?',
    ],
    causes: ["A network policy, a node's network, DNS.", "`maxclients` of Redis is reached."],
    act: [
      "Mend the network of that node, or move the process to another one.",
      "Raise `maxclients`, or lower `POSTRIDER_OWN_LANES_MAX`: each own lane costs a connection.",
    ],
    worked: ["The process shows 1 in *Reached, by process*.", TOP],
  },
  PostriderRedisMemoryFills: {
    meaning: "Redis uses three quarters of `maxmemory`.",
    impact: "None yet. At 90 % producers are refused.",
    look: [
      REDIS_MEMORY,
      STATUS,
      "$ postrider dead-letters groups --by action  # dead letters keep their data, too",
    ],
    causes: [
      "A backlog: more is enqueued than is sent.",
      "Many dead letters, or long `POSTRIDER_IDEMPOTENCY_WINDOW_MS`, `POSTRIDER_OUTCOMES_KEPT`.",
      "Large customers in unpacked hashes (`hash-max-listpack-value`).",
    ],
    act: [
      "$ postrider dead-letters purge --reason gone --to 2026-01-01T00:00:00Z  # what nobody will replay",
      "Give Redis more memory: `maxmemory` at most 60 % of what its host has, since saving copies what changes.",
      '$ postrider runs pause "$RUN"  # stops sending, not memory: pause the producer instead where that fills it',
    ],
    worked: ["The share falls, or `maxmemory` is larger.", REDIS_MEMORY],
  },
  PostriderRedisMemoryFull: {
    meaning: "Redis uses more than 90 % of `maxmemory`; the rest is kept for the workers.",
    impact:
      "Producers are refused (`redis_full`, 503 with `Retry-After`). Workers go on, and make room with what they send.",
    look: [REDIS_MEMORY, STATUS],
    causes: ["See PostriderRedisMemoryFills.", "Something else writes into the same Redis."],
    act: [
      '$ redis-cli -u "$POSTRIDER_REDIS_URL" config set maxmemory "$BYTES"  # at once, where the host has room',
      "Let workers send: resume what is paused, add workers.",
      "$ postrider dead-letters purge --reason gone --to 2026-01-01T00:00:00Z",
    ],
    worked: ["Enqueueing is accepted again.", READY],
  },
  PostriderRedisMayEvict: {
    meaning: "`maxmemory-policy` of Redis is not `noeviction`.",
    impact:
      "When Redis fills up, it deletes keys: accepted deliveries are gone. Nothing is lost before that.",
    look: ['$ redis-cli -u "$POSTRIDER_REDIS_URL" config get maxmemory-policy'],
    causes: ["A change of configuration, a restart with another file, a managed Redis' default."],
    act: [
      '$ redis-cli -u "$POSTRIDER_REDIS_URL" config set maxmemory-policy noeviction',
      "Write it into Redis' configuration, too, or the next restart brings it back.",
    ],
    worked: [
      "*May evict* is no in the dashboard, and new processes start.",
      '$ redis-cli -u "$POSTRIDER_REDIS_URL" config get maxmemory-policy',
    ],
  },
  PostriderRedisNotPersistent: {
    meaning: "Redis writes no append-only file.",
    impact: "Nothing now; a restart of Redis loses what was accepted since its last snapshot, or everything.",
    look: ['$ redis-cli -u "$POSTRIDER_REDIS_URL" config get appendonly'],
    causes: ["Redis' default is no append-only file.", "It was switched off for a restore and not on again."],
    act: [
      '$ redis-cli -u "$POSTRIDER_REDIS_URL" config set appendonly yes',
      "Write it into Redis' configuration, too.",
    ],
    worked: ["aof_enabled is 1.", '$ redis-cli -u "$POSTRIDER_REDIS_URL" info persistence'],
  },
  PostriderRedisSlow: {
    meaning: "One probe in twenty (each process sends one a second) waits for Redis for more than 100 ms.",
    impact: "Everything is slower; claims may run out when it becomes seconds.",
    look: [
      '$ redis-cli -u "$POSTRIDER_REDIS_URL" slowlog get 10  # what took long',
      '$ redis-cli -u "$POSTRIDER_REDIS_URL" info commandstats',
      "Worker internals: a process that is busy itself measures its own lateness.",
    ],
    causes: [
      "Another user of the same Redis (KEYS, large values).",
      "Saving on a slow disk; `appendfsync always`.",
      "No CPU left for Redis, or its host swaps.",
      "A network that is far away.",
    ],
    act: [
      "Give Redis a core and a disk of its own, and no other users.",
      "Where one Redis is at its limit, spread the lanes over shards.",
    ],
    worked: ["p99 is below 25 ms.", '$ redis-cli -u "$POSTRIDER_REDIS_URL" ping'],
  },
  PostriderDeliveriesLost: {
    meaning:
      "The audit misses deliveries: they were accepted, have no outcome, and lie in no lane. It looks twice before it says so.",
    impact: "So many people get nothing, unless their run is enqueued again.",
    look: [
      "The log of the worker that audits: it names the runs.",
      "$ postrider runs list",
      '$ postrider runs show "$RUN"  # waiting and in flight against what is there',
    ],
    causes: [
      "Redis lost writes: a failover, a restart without its append-only file, a restore.",
      "Keys were evicted (PostriderRedisMayEvict) or deleted by hand.",
    ],
    act: [
      "Enqueue the same run again with the same customers: those who are there are duplicates and not sent twice, those who are gone are taken in.",
      '$ postrider enqueue "$ACTION" --customers people.ndjson --run "$RUN"',
    ],
    worked: [
      "`postrider_deliveries_imbalance` is 0 after two audits (20 s).",
      '$ postrider runs show "$RUN"',
    ],
  },
  PostriderDeliveriesSurplus: {
    meaning: "Lanes hold more deliveries than the ledger knows of.",
    impact: "They are sent, and their runs' counters go beyond what was enqueued. Nobody is left out.",
    look: ["The log of the worker that audits.", "$ postrider runs list"],
    causes: [
      "Redis came back with an older or a mixed state, as after a restore.",
      "Keys were written by hand or copied from another installation.",
    ],
    act: [
      "Let them be sent: each has an id, and what has ended is not sent again.",
      '$ postrider runs cancel "$RUN"  # where they should not be sent at all',
    ],
    worked: ['`postrider_deliveries_imbalance{kind="surplus"}` goes to 0 as they end.', STATUS],
  },
  PostriderLanesHealed: {
    meaning: "An own lane held deliveries and stood in no registry; the audit has entered it again.",
    impact: "Its deliveries came late by an audit or two. None is lost.",
    look: ["The log of the worker that audits, with the lane's name.", TOP],
    causes: [
      "A process died at the wrong moment, or Redis lost a write.",
      "More than once a week: a bug of ours; keep the log.",
    ],
    act: [
      "Nothing for these: they are served. Look for what killed the process or cost Redis the write.",
      CHANGES,
    ],
    worked: ["The counter stands still.", STATUS],
  },
  PostriderNothingReachable: {
    meaning: "More than half of all attempts end without any answer.",
    impact: "Deliveries are retried and go out late; circuits open and hold them back, at no attempt's cost.",
    look: [
      "Destinations, *Attempts by fault*: one fault for all destinations is ours.",
      "$ postrider metrics --by destination --measure attempts,failed --since 1h  # one destination, or all?",
      '$ postrider actions test "$ACTION" --customer customer.json  # one request from a worker, with its timings',
    ],
    causes: [
      "dns: the name servers (`POSTRIDER_DNS_SERVERS`).",
      "connect, connect_timeout: a firewall, a NAT gateway out of ports, a network policy.",
      "proxy: the egress proxy is down.",
      "local: no ports, descriptors or memory on the worker's machine.",
      "One large destination that is down and has most of the traffic: theirs.",
    ],
    act: [
      "Mend the way out. Nothing has to be done for the deliveries: they wait and go on by themselves.",
      '$ postrider destinations show "$ORIGIN"  # when its circuit is tried next',
    ],
    worked: ["Faults fall below a few per cent, circuits close.", STATUS],
  },
  PostriderCircuitStorm: {
    meaning: "Ten or more destinations have an open circuit.",
    impact: "What goes to them waits in own lanes; everything else goes on.",
    look: [
      "$ postrider destinations list  # which, and why",
      "Destinations, *Attempts by fault* and *by class of status*.",
    ],
    causes: [
      "A provider or cloud that they share is down.",
      "Our way out is broken (see PostriderNothingReachable).",
      "A campaign to many small destinations that cannot take it.",
    ],
    act: [
      "Theirs: wait; circuits are tried again by themselves, at first every few seconds.",
      '$ postrider destinations limit "$ORIGIN" --rate 10 --for 2h  # one that falls over again each time it is resumed',
    ],
    worked: ["Circuits close one after the other.", "$ postrider destinations list"],
  },
  PostriderDeadLettersSpike: {
    meaning: "More than one delivery in twenty of the last 15 minutes failed for good.",
    impact: "These customers get nothing until the dead letters are replayed.",
    look: [GROUPS, "$ postrider metrics --by reason --measure failed --since 1h  # since when"],
    causes: [
      "A new version of an action, or expired credentials: one action, `reply_4xx`, `template`, `auth_failed`.",
      "A destination that is down for longer than its retries: one destination.",
      "See the reasons below.",
    ],
    act: [
      "Do what the reason's entry says, then replay:",
      '$ postrider runs pause "$RUN"  # stop a campaign that only makes dead letters',
      "$ postrider dead-letters replay --reason reply_5xx --rate 20  # what deserves another try",
    ],
    worked: ["No new ones come, and the replayed ones are delivered.", "$ postrider dead-letters groups"],
  },
  PostriderDeadLettersDropped: {
    meaning:
      "Dead letters were dropped because there are more than `POSTRIDER_DEAD_LETTERS_MAX`, or older than `POSTRIDER_DEAD_LETTERS_AGE_MS`.",
    impact: "They cannot be replayed any more. Their outcomes were recorded.",
    look: [GROUPS],
    causes: ["A large failure that nobody replayed or purged.", "Limits that are too low."],
    act: [
      "$ postrider dead-letters replay --reason reply_5xx --rate 20  # while they are there",
      "$ postrider dead-letters purge --reason gone --to 2026-01-01T00:00:00Z  # what nobody wants",
      "Raise the limit where Redis has the memory.",
    ],
    worked: ["The counter stands still.", "$ postrider dead-letters groups"],
  },
  PostriderTokensRefused: {
    meaning: "Token endpoints (OAuth 2) refused or did not answer more than ten times.",
    impact: "Deliveries that need such a token wait (`auth_unavailable`) or fail (`auth_failed`).",
    look: [
      "$ postrider dead-letters groups --reason auth_failed  # which action",
      "$ postrider secrets list  # when the client's secret was set",
    ],
    causes: ["The client's secret expired or was changed.", "The token endpoint is down, or limits us."],
    act: [
      '$ postrider secrets set "$SECRET" --file secret.txt  # the new one; workers take it up by themselves',
      '$ postrider actions test "$ACTION" --customer customer.json  # does it get a token now?',
      "$ postrider dead-letters replay --reason auth_failed --rate 20",
    ],
    worked: [
      '`postrider_token_fetches_total{result="issued"}` grows, the others do not.',
      "$ postrider dead-letters groups --reason auth_failed",
    ],
  },
  PostriderOutcomeReaderLags: {
    meaning: "A group that reads outcomes is more than half a million behind.",
    impact:
      "Whoever reads is late; beyond `POSTRIDER_OUTCOMES_KEPT` it misses outcomes, and is told so (`outcomes_missed`).",
    look: ["$ postrider outcomes groups  # how far each is"],
    causes: ["The reader is stopped or slow.", "A group that nobody uses any more."],
    act: [
      "Start the reader, or make it faster: larger pages.",
      '$ postrider outcomes remove-group "$GROUP"  # one that nobody uses',
    ],
    worked: ["Its lag becomes less.", "$ postrider outcomes groups"],
  },
  PostriderEventReaderLags: {
    meaning: "A group that reads events is more than 25,000 behind.",
    impact: "Operators are told late; beyond `POSTRIDER_EVENTS_KEPT` events are missed (`events_missed`).",
    look: ["$ postrider events groups  # how far each is"],
    causes: ["The reader is stopped or slow.", "A group that nobody uses any more."],
    act: ["Start the reader.", '$ postrider events remove-group "$EVENT_GROUP"  # one that nobody uses'],
    worked: ["Its lag becomes less.", "$ postrider events groups"],
  },
  PostriderSubscriptionHindered: {
    meaning:
      "Something stands in the way of a subscription: its action is archived or gone, or the lane is full.",
    impact: "Its events and outcomes are not delivered; they wait as long as they are kept.",
    look: ["$ postrider subscriptions list", '$ postrider subscriptions show "$SUBSCRIPTION"  # what it is'],
    causes: [
      "The action that it names was archived.",
      "No API process carries subscriptions.",
      "The lane holds more than `POSTRIDER_BACKLOG_MAX`.",
    ],
    act: ['$ postrider actions restore "$ACTION"  # where it was archived', "Start an API process.", CHANGES],
    worked: ["It is ok, and catches up.", '$ postrider subscriptions show "$SUBSCRIPTION"'],
  },
  PostriderSubscriptionLags: {
    meaning: "A subscription has more than 25,000 events or outcomes before it.",
    impact: "It is late; beyond what is kept it misses some.",
    look: ["$ postrider subscriptions list", TOP],
    causes: ["No API process runs, or too few.", "It is hindered (see PostriderSubscriptionHindered)."],
    act: [
      "Start API processes, or remove a subscription that nobody reads.",
      '$ postrider subscriptions show "$SUBSCRIPTION"',
    ],
    worked: ["Its lag becomes less.", "$ postrider subscriptions list"],
  },
  PostriderApiFails: {
    meaning: "More than one answer in twenty of the API is a 5xx.",
    impact: "Producers cannot enqueue, or only after retries.",
    look: [
      "API, *Errors by route*.",
      READY,
      "The API's log: each error stands there under its request's id.",
    ],
    causes: [
      "503: Redis is away or full (`redis_unavailable`, `redis_full`), or the API is overloaded (`overloaded`).",
      "500: a setting or a bug (`internal`).",
    ],
    act: [
      "503: see Redis' alerts, or add API processes.",
      "500: keep the log with the request's id; go back to the release before where it is new.",
      STATUS,
    ],
    worked: ["Requests succeed.", READY],
  },
  PostriderApiSlow: {
    meaning: "One request in ten that enqueues a single delivery takes half a second or more.",
    impact: "Producers wait.",
    look: [
      "API, *Slowest routes* and *Event loop lag*; Redis, *Answers within*.",
      '$ curl -sS "$API/metrics"  # postrider_api_in_flight',
    ],
    causes: ["Redis is slow.", "Too few API processes, or too little CPU.", "Many large streams at once."],
    act: [
      "Add API processes.",
      "Send many customers in one stream (`POST /v1/runs/RUN/deliveries`) instead of one by one.",
      REDIS_MEMORY,
    ],
    worked: ["p90 is a few milliseconds.", READY],
  },
  PostriderTasksFail: {
    meaning: "A task (a replay, purge or cancellation of many) failed.",
    impact: "What it had done until then stays; the rest was not done.",
    look: ["$ postrider tasks list", '$ postrider tasks show "$TASK"  # why, and how far it came'],
    causes: ["A bug, or data that this release cannot read."],
    act: [
      "Begin it again: tasks can be repeated, and do nothing twice.",
      '$ postrider tasks stop "$TASK"  # one that should not go on',
    ],
    worked: ["The new one is done.", "$ postrider tasks list"],
  },
};
