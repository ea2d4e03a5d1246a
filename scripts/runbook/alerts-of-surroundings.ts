// Entries of the alerts on destinations, those who read from us, and the API.

import { API_METRICS, CHANGES, type Entry, GROUPS, READY, REDIS_MEMORY, STATUS, TOP } from "./entry.ts";

export const ALERTS_OF_SURROUNDINGS: Readonly<Record<string, Entry>> = {
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
    meaning:
      "A group that reads outcomes has more than a quarter of what is kept (`POSTRIDER_OUTCOMES_KEPT`) before it.",
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
    meaning:
      "A group that reads events has more than a quarter of what is kept (`POSTRIDER_EVENTS_KEPT`) before it.",
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
    meaning:
      "A subscription has more events or outcomes before it than a quarter of the events that are kept (`POSTRIDER_EVENTS_KEPT`).",
    impact: "It is late; beyond what is kept it misses some.",
    look: ["$ postrider subscriptions list", TOP],
    causes: ["No API process runs, or too few.", "It is hindered (see PostriderSubscriptionHindered)."],
    act: [
      "Start API processes, or remove a subscription that nobody reads.",
      '$ postrider subscriptions show "$SUBSCRIPTION"',
    ],
    worked: ["Its lag becomes less.", "$ postrider subscriptions list"],
  },
  PostriderApiAbsent: {
    meaning:
      "Prometheus scraped an API process within the hour and scrapes none now. An installation without an API never has this alert.",
    impact:
      "Nobody enqueues over HTTP, subscriptions and tasks stand still, no canary is sent. Workers go on with what was accepted. The alert ends after an hour by itself: go by `/readyz`.",
    look: [READY, "Prometheus' page of targets: are they missing, or failing?", STATUS],
    causes: [
      "The API was stopped, is killed, or does not start: its first log line says why.",
      "`/metrics` is refused: the token of the scrape configuration has expired.",
      "It was taken away on purpose: nothing is wrong.",
    ],
    act: ["Start API processes, or give Prometheus a new token."],
    worked: ["The targets are up.", READY],
  },
  PostriderApiFails: {
    meaning:
      "More than one answer in twenty of the API is a 5xx; probes, scrapes and the canary are not counted.",
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
      `${API_METRICS}  # postrider_api_in_flight`,
    ],
    causes: ["Redis is slow.", "Too few API processes, or too little CPU.", "Many large streams at once."],
    act: [
      "Add API processes.",
      "Send many customers in one stream (`POST /v1/actions/ACTION/deliveries?run=RUN`) instead of one by one.",
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
