// Entries of the alerts on workers.

import { type Entry, STATUS, TOP } from "./entry.ts";

export const ALERTS_OF_WORKERS: Readonly<Record<string, Entry>> = {
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
      "Correct the producer's lane. What lies in the wrong one is cancelled there and enqueued again; to cancel its run is not enough, since no worker comes by to let it go.",
      "$ postrider deliveries list --lane bulk --limit 5  # what lies in a lane",
      "$ postrider deliveries cancel --lane bulk --dry-run  # how much that is; --yes instead cancels it",
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
    look: ["Destinations, *Connections in use*.", TOP],
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
};
