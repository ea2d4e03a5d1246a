// Entries of the alerts on the service level and the canary.

import { API_METRICS, CHANGES, type Entry, READY, STATUS, TOP } from "./entry.ts";

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
      "$ postrider deliveries list --lane bulk --limit 5  # whose turn it is: the actions and runs that wait",
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
  PostriderCanaryNotRunning: {
    meaning:
      "`POSTRIDER_CANARY` is on, and no canary delivery has ended for twenty minutes, or the API processes that told of it have been gone for ten.",
    impact:
      "Nobody knows whether the whole way works while no one sends. The API that sends the canary may be gone.",
    look: [READY, STATUS, "The API's log, for `canary`."],
    causes: [
      "No API process with the canary on is running.",
      "Redis is away: whose turn it is stands there, and while nobody knows, no canary is sent or counted.",
    ],
    act: ["Restart the API; where Redis is the trouble, see its alerts."],
    worked: [
      "The canary's counter grows once a minute.",
      `${API_METRICS}  # postrider_canary_deliveries_total`,
    ],
  },
  PostriderCanaryLateOrLost: {
    meaning: "Of the canary's last deliveries at least two came late, failed or could not be enqueued.",
    impact: "The whole way is tried with it, so others' deliveries fare the same.",
    look: ["Overview, *Canary deliveries*: late, failed or refused?", STATUS, READY],
    causes: [
      "late: no worker, a lane that stands still, slow Redis.",
      "failed: workers do not reach the API's own end point (network policy, guard, certificate).",
      "refused: Redis is full, or the lane is. A Redis that is away refuses none: see PostriderCanaryNotRunning and PostriderRedisDown.",
    ],
    act: [
      "Do what the alert that fires beside this one says.",
      "failed: let workers reach the canary's end point (`POSTRIDER_ALLOW_NETWORKS`).",
      TOP,
    ],
    worked: [
      "Two canaries in a row are delivered.",
      `${API_METRICS}  # postrider_canary_deliveries_total{result="delivered"}`,
    ],
  },
};
