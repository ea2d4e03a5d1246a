// Entries of the alerts on Redis and the ledger in it.

import { CHANGES, type Entry, READY, REDIS_MEMORY, STATUS, TOP } from "./entry.ts";

export const ALERTS_OF_REDIS: Readonly<Record<string, Entry>> = {
  PostriderRedisDown: {
    meaning: "No process of Postrider gets an answer from Redis.",
    impact:
      "Nothing is accepted (503 `redis_unavailable`) and nothing is sent. What was accepted lies in Redis.",
    look: ['$ redis-cli -u "$REDIS" ping  # from where workers run', READY],
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
    look: ["Redis, *Reached, by process*.", '$ redis-cli -u "$REDIS" info clients  # near maxclients?'],
    causes: ["A network policy, a node's network, DNS.", "`maxclients` of Redis is reached."],
    act: [
      "Mend the network of that node, or move the process to another one.",
      "Raise `maxclients`, or lower `POSTRIDER_OWN_LANES_MAX`: each own lane costs a connection.",
    ],
    worked: ["The process shows 1 in *Reached, by process*.", TOP],
  },
  PostriderShardAway: {
    meaning: "Of several shards some are away: their Redis does not answer, that of others does.",
    impact:
      "What lies in those shards waits there. New deliveries without a key go round them; those of a run or under a key whose home is there are answered `redis_unavailable`, since nobody knows whether that shard has accepted them before. Reads leave their part out.",
    look: [STATUS, "$ postrider shards list  # which, and on which server"],
    causes: [
      "A server is down, restarts, or loads its append-only file; a Cluster's master has died and its replica has not taken over yet.",
      "The network between some processes and that server.",
    ],
    act: [
      "Bring that server back, with its append-only file. Nothing needs a restart: the shard is served again within seconds, and a run that was answered `redis_unavailable` is taken in whole by enqueueing it again.",
      "Do not point the setting at an empty server in its place: what the shard has accepted would be lost.",
    ],
    worked: [STATUS, "`postrider shards list` shows every shard as answering."],
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
      "Large customers in unpacked hashes (`postrider status` says which shards and what to set; *Packed values up to* is not 2,048).",
    ],
    act: [
      "$ postrider dead-letters purge --reason gone --to 2026-01-01T00:00:00Z  # what nobody will replay",
      "Give Redis more memory: `maxmemory` at most 60 % of what its host has ([why](guides/operate.md#1-give-it-a-redis-that-keeps-what-it-accepts)).",
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
      '$ redis-cli -u "$REDIS" config set maxmemory "$BYTES"  # at once, where the host has room',
      "Let workers send: resume what is paused, add workers.",
      "$ postrider dead-letters purge --reason gone --to 2026-01-01T00:00:00Z",
    ],
    worked: ["Enqueueing is accepted again.", READY],
  },
  PostriderRedisMayEvict: {
    meaning: "`maxmemory-policy` of Redis is not `noeviction`.",
    impact:
      "When Redis fills up, it deletes keys: accepted deliveries are gone. Nothing is lost before that.",
    look: ['$ redis-cli -u "$REDIS" config get maxmemory-policy'],
    causes: ["A change of configuration, a restart with another file, a managed Redis' default."],
    act: [
      '$ redis-cli -u "$REDIS" config set maxmemory-policy noeviction',
      "Write it into Redis' configuration, too, or the next restart brings it back.",
    ],
    worked: [
      "*May evict* is no in the dashboard, and new processes start.",
      '$ redis-cli -u "$REDIS" config get maxmemory-policy',
    ],
  },
  PostriderRedisNotPersistent: {
    meaning: "Redis writes no append-only file.",
    impact: "Nothing now; a restart of Redis loses what was accepted since its last snapshot, or everything.",
    look: ['$ redis-cli -u "$REDIS" config get appendonly'],
    causes: ["Redis' default is no append-only file.", "It was switched off for a restore and not on again."],
    act: ['$ redis-cli -u "$REDIS" config set appendonly yes', "Write it into Redis' configuration, too."],
    worked: ["aof_enabled is 1.", '$ redis-cli -u "$REDIS" info persistence'],
  },
  PostriderRedisSlow: {
    meaning: "One probe in twenty (each process sends one a second) waits for Redis for more than 100 ms.",
    impact: "Everything is slower; claims may run out when it becomes seconds.",
    look: [
      '$ redis-cli -u "$REDIS" slowlog get 10  # what took long',
      '$ redis-cli -u "$REDIS" info commandstats',
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
      "Where one Redis is at its limit, run a second installation with a Redis of its own, and send a part of the actions through that.",
    ],
    worked: ["p99 is below 25 ms.", '$ redis-cli -u "$REDIS" ping'],
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
};
