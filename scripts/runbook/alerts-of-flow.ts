// Entries of the alerts on the service level, the workers and the canary.

import { CHANGES, type Entry, READY, STATUS, TOP } from "./entry.ts";

export const ALERTS_OF_FLOW: Readonly<Record<string, Entry>> = {
  PostriderFirstAttemptsLate: {
    meaning:
      "Of the transactional deliveries of the last hour (or six) so many began later than 5 s after they were due that the month's allowance of 0.1 % goes within two days (or five). What waits in a destination's own lane is not counted: this is about us.",
    impact: "People wait for messages that somebody expects at once: passwords, receipts, alarms.",
    look: [
      "Overview, rows *Is it us?* and *How late?*: the lanes' age, slots in flight against their limit.",
      STATUS,
      TOP,
    ],
    causes: [
      "Too few workers, or too few slots, for what comes in: in flight is at its limit.",
      "A destination that answers slowly takes slots faster than it is led out into an own lane.",
      "Redis answers slowly, or a worker's event loop is blocked.",
      "A bulk campaign was enqueued into the transactional lane.",
    ],
    act: [
      "Add workers, or raise `POSTRIDER_CONCURRENCY`, where slots are full and CPUs are not.",
      '$ postrider destinations limit "$ORIGIN" --concurrency 20 --for 2h  # a slow destination gets an own lane at once',
      '$ postrider runs pause "$RUN"  # a campaign that is in the way waits, and loses nothing',
    ],
    worked: [
      "The 5-minute ratio falls below 1.4 % within minutes, and the alert ends with it; the hour's takes an hour.",
      "$ postrider metrics --by lane --measure latency_p99 --since 30m  # how long the way takes, by lane",
    ],
  },
  PostriderFirstAttemptsOftenLate: {
    meaning:
      "The allowance of late transactional deliveries is used up faster than a month grants, slowly and for hours or days.",
    impact: "Nobody has to get up; the promise of the month breaks if nothing changes.",
    look: [
      "Overview, *Until the first attempt, transactional*, over three days: at which hours it is late.",
      "$ postrider metrics --by lane --measure latency_p99 --since 7d --step 6h  # the week, by lane",
    ],
    causes: [
      "Peaks that the workers are too few for.",
      "A nightly campaign, deployment or backup that slows Redis or the workers.",
      "Workers that restart again and again.",
    ],
    act: [
      "Size for the peak: more workers, or scale them by what waits.",
      "Move what is regular and large into `bulk`.",
      CHANGES,
    ],
    worked: ["The 6-hour ratio stays below 0.1 % at the hour that was bad.", STATUS],
  },
  PostriderTransactionalWaits: {
    meaning: "A transactional delivery has been due for more than a minute and no worker has claimed it.",
    impact: "Transactional messages do not go out, or minutes late.",
    look: [STATUS, TOP, "Overview, *In flight and at most*: at the limit, or far below it?"],
    causes: [
      "No worker serves the lane (see PostriderSharedLaneUnserved).",
      "Every slot is taken by destinations that hang.",
      "Redis is slow or away.",
    ],
    act: [
      "Start workers with `transactional` in `POSTRIDER_LANES`, or more of them.",
      '$ postrider destinations pause "$ORIGIN"  # the one that hangs; its deliveries wait in an own lane',
      '$ postrider destinations resume "$ORIGIN"  # when it answers again',
    ],
    worked: ["The age falls to seconds.", STATUS],
  },
  PostriderSharedLaneBehind: {
    meaning:
      "The oldest delivery of a shared lane has been due for more than an hour: more comes in than goes out.",
    impact: "Campaigns go out late, and later still while it lasts; `expiresAt` passes for some.",
    look: [
      STATUS,
      "Overview, *Gone in*: how long the backlog takes.",
      "$ postrider runs list  # which campaigns are under way",
    ],
    causes: [
      "A campaign larger than the workers can send.",
      "Workers were away for a while and now catch up.",
      "Slow destinations in a shared lane.",
    ],
    act: [
      "Add workers until *Gone in* is short enough.",
      '$ postrider runs pause "$RUN"  # let others go first',
      '$ postrider runs resume "$RUN"  # when there is room',
    ],
    worked: [
      "What waits becomes less from one look to the next.",
      "$ postrider metrics --by lane --measure ended,enqueued --since 1h  # more ends than comes in",
    ],
  },
  PostriderLaneStandsStill: {
    meaning:
      "Deliveries wait in a shared lane, workers that serve it run, and for five minutes none came out of it.",
    impact: "Nothing of that lane is sent.",
    look: [
      STATUS,
      '$ curl -sS "$WORKER/healthz"  # red after half a minute in which a worker claims nothing although it could',
      "The workers' logs: errors, or nothing at all.",
    ],
    causes: [
      "Every slot is held by attempts that hang until a long `timeoutMs`.",
      "Workers that run and are stuck: a bug, or a half-open connection to Redis.",
    ],
    act: [
      '$ postrider destinations pause "$ORIGIN"  # if one destination holds all slots',
      "Restart the workers, one after the other: what they had claimed is taken up by others.",
      '$ postrider destinations resume "$ORIGIN"  # afterwards',
    ],
    worked: ["Deliveries end again.", "$ postrider metrics --by lane --measure ended --since 15m"],
  },
  PostriderAbsent: {
    meaning: "Prometheus scrapes no process of Postrider.",
    impact: "Either nothing runs, or nobody sees what runs. All other alerts are blind.",
    look: [
      "Prometheus' page of targets: are they missing, or failing?",
      '$ curl -sS "$WORKER/metrics"  # does a worker answer?',
      STATUS,
    ],
    causes: [
      "Everything was stopped or does not start (settings, Redis that may evict).",
      "Ports, labels or network policies of scraping have changed.",
    ],
    act: [
      "Start API and workers; their first log line says what stands in the way.",
      "Mend the scrape configuration: port 9464 of workers, the API's own port, path `/metrics`.",
    ],
    worked: ["The targets are up, and Overview shows numbers.", STATUS],
  },
  PostriderNoWorkers: {
    meaning: "No worker has given a sign of life for ten seconds.",
    impact: "Nothing is sent. Deliveries are accepted and wait; nothing is lost.",
    look: [STATUS, "The workers' processes: do they start, are they killed (memory), do they reach Redis?"],
    causes: [
      "Scaled to nothing, or a roll-out that fails.",
      "Out of memory.",
      "Settings that a worker refuses: its log names the variable.",
    ],
    act: ["Start workers. Where the newest release does not start, go back to the one before."],
    worked: ["`workers` in the live view counts them, and what waits becomes less.", TOP],
  },
  PostriderSharedLaneUnserved: {
    meaning: "A shared lane holds deliveries, and no living worker has it in `POSTRIDER_LANES`.",
    impact: "What was enqueued into that lane waits for ever.",
    look: [
      STATUS,
      "The log of the worker that audits: `deliveries wait in lanes that no worker serves`, with their names.",
    ],
    causes: [
      "A producer names a lane that no worker serves, often a typing error.",
      "The workers of that lane are gone.",
    ],
    act: [
      "Start a worker that serves it: `POSTRIDER_LANES=<the lane>`.",
      "Correct the producer's lane; what lies in the wrong one can be cancelled and enqueued again.",
      "$ postrider deliveries list --lane bulk --limit 5  # what lies in a lane",
    ],
    worked: ["The lane has workers, and what waits there becomes less.", STATUS],
  },
  PostriderOwnLanesUnserved: {
    meaning:
      "There are more own lanes (of destinations, runs, retries) than all workers together may serve at once; they take turns.",
    impact: "Deliveries in own lanes come late. Shared lanes are not affected.",
    look: [TOP, "Runs, *Own lanes and room for them*."],
    causes: [
      "Too few workers for so many destinations with limits or trouble.",
      "`POSTRIDER_OWN_LANES_MAX` is low.",
      "Many destinations fail at once (see PostriderCircuitStorm).",
    ],
    act: [
      "Add workers, or raise `POSTRIDER_OWN_LANES_MAX`: each lane costs a connection to Redis.",
      '$ postrider destinations limit "$ORIGIN" --none  # a limit that is not needed any more lets its lane dissolve',
    ],
    worked: ["`postrider_own_lanes_unserved` is 0.", STATUS],
  },
  PostriderClaimsRunOut: {
    meaning: "Claims were not renewed in time, and other workers took the deliveries up.",
    impact:
      "Receivers see some requests twice, under the same Idempotency-Key. Nothing is lost; after three deaths in a row a delivery is set aside (`crash`).",
    look: [
      "Worker internals: event loop lag, CPU, memory, restarts.",
      "$ postrider dead-letters groups --reason crash  # what was set aside",
    ],
    causes: [
      "Workers are killed: out of memory, a node that goes away, a grace period that is too short.",
      "A worker stands still for longer than half of `POSTRIDER_LOCK_MS`: no CPU, a suspended machine.",
      "The network to Redis breaks off again and again.",
    ],
    act: [
      "Give workers the CPU and memory that they use, and a termination grace longer than `POSTRIDER_SHUTDOWN_GRACE_MS`.",
      "Raise `POSTRIDER_LOCK_MS` where pauses cannot be helped.",
      "$ postrider dead-letters replay --reason crash --rate 20  # once workers stay alive",
    ],
    worked: [
      '`postrider_repeated_claims_total{kind="reclaimed"}` stands still.',
      "$ postrider dead-letters groups --reason crash",
    ],
  },
  PostriderEventLoopBlocked: {
    meaning: "The process takes its turns half a second late or later.",
    impact: "It sends less, answers late, and its claims may run out.",
    look: [
      "Worker internals: CPU of that process, garbage collection, what it composes.",
      '$ curl -sS "$WORKER/metrics"  # the process itself; postrider_nodejs_eventloop_lag_p99_seconds',
    ],
    causes: [
      "Too little CPU: throttled, or a busy neighbour.",
      "Memory nearly full: garbage collection without end.",
      "Very large customers or answers.",
    ],
    act: [
      "Give it a whole core; run more processes instead of more slots in one.",
      "Lower `POSTRIDER_CONCURRENCY` where CPU is at its limit.",
    ],
    worked: ["The lag is below 0.1 s again, and attempts by worker are even.", TOP],
  },
  PostriderSocketsExhausted: {
    meaning: "The worker has as many connections open as its limit on open files allows.",
    impact: "Attempts are put off (`local`), which costs time and no attempt.",
    look: ["Destinations, *Open connections* against what the limit allows.", TOP],
    causes: [
      "`ulimit -n` is low (1024) for so many destinations.",
      "Destinations that hang hold connections.",
    ],
    act: [
      "Raise the limit on open files of the worker (65,536 is usual), or add workers.",
      "Lower `POSTRIDER_CONNECTIONS_PER_DESTINATION`.",
    ],
    worked: [
      "`postrider_sockets_refused_total` stands still.",
      "$ postrider dead-letters groups --reason local",
    ],
  },
  PostriderTemplatesFail: {
    meaning: "One request in twenty or more could not be composed.",
    impact: "These deliveries fail without anything having been sent. Others are not affected.",
    look: [
      "$ postrider dead-letters groups --by action,reason  # which action",
      "$ postrider dead-letters list --reason template --limit 5  # which customers, and what their problem is",
    ],
    causes: [
      "A new version of an action prints what not all customers have.",
      "The data changed: a field is gone, or has become null.",
      "A body that is not JSON for some values (escaping by hand).",
    ],
    act: [
      '$ postrider actions preview "$ACTION" --customer customer.json  # with a customer that failed: line, column and what is wrong',
      "Mend the template (`| default:`, `missing: empty`), save it, and replay with it:",
      "$ postrider dead-letters replay --reason template --present-version --rate 50",
    ],
    worked: [
      "Composing fails no more, and the replayed ones are delivered.",
      "$ postrider metrics --by reason --measure failed --since 15m",
    ],
  },
  PostriderVersionsMixed: {
    meaning: "Processes of more than one release have run for six hours.",
    impact:
      "Neighbouring releases work side by side; deliveries in the newer format wait for workers of that release, for a day.",
    look: ["Worker internals, *Releases*.", "The state of the roll-out."],
    causes: ["A roll-out that stopped half-way.", "A process that was forgotten somewhere."],
    act: ["Finish the roll-out, or take it back.", STATUS],
    worked: ["One version is left.", '$ curl -sS "$WORKER/metrics"  # postrider_build_info'],
  },
  PostriderCanaryNotRunning: {
    meaning: "`POSTRIDER_CANARY` is on, and no canary delivery has ended for ten minutes.",
    impact:
      "Nobody knows whether the whole way works while no one sends. The API that sends the canary may be gone.",
    look: [READY, STATUS, "The API's log, for `canary`."],
    causes: [
      "No API process with the canary on is running.",
      "The API cannot enqueue: Redis is away or full.",
    ],
    act: ["Restart the API; where Redis is the trouble, see its alerts."],
    worked: [
      "The canary's counter grows once a minute.",
      '$ curl -sS "$API/metrics"  # postrider_canary_deliveries_total',
    ],
  },
  PostriderCanaryLateOrLost: {
    meaning: "Of the canary's last deliveries at least two came late, failed or could not be enqueued.",
    impact: "The whole way is tried with it, so others' deliveries fare the same.",
    look: ["Overview, *Canary deliveries*: late, failed or refused?", STATUS, READY],
    causes: [
      "late: no worker, a lane that stands still, slow Redis.",
      "failed: workers do not reach the API's own end point (network policy, guard, certificate).",
      "refused: Redis is away or full.",
    ],
    act: [
      "Do what the alert that fires beside this one says.",
      "failed: let workers reach the canary's end point (`POSTRIDER_ALLOW_NETWORKS`).",
      TOP,
    ],
    worked: [
      "Two canaries in a row are delivered.",
      '$ curl -sS "$API/metrics"  # postrider_canary_deliveries_total{result="delivered"}',
    ],
  },
};
