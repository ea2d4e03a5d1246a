// Those who read from us: groups that read outcomes and events, and subscriptions.

import { type Group, INSTALLATION, VALUE } from "../alert.ts";

export const readers: Group = {
  name: "postrider-readers",
  title: "Readers",
  rules: [
    {
      alert: "PostriderOutcomeReaderLags",
      severity: "warning",
      // A quarter of what POSTRIDER_OUTCOMES_KEPT keeps by default.
      expr: `max by (${INSTALLATION}, group) (postrider_outcome_reader_lag) > 500000`,
      for: "10m",
      summary: "The group {{ $labels.group }} falls behind in reading outcomes.",
      description: `It has ${VALUE} outcomes before it. Beyond POSTRIDER_OUTCOMES_KEPT it misses some.`,
    },
    {
      alert: "PostriderEventReaderLags",
      severity: "warning",
      // A quarter of what POSTRIDER_EVENTS_KEPT keeps by default.
      expr: `max by (${INSTALLATION}, group) (postrider_event_reader_lag) > 25000`,
      for: "10m",
      summary: "The group {{ $labels.group }} falls behind in reading events.",
      description: `It has ${VALUE} events before it. Beyond POSTRIDER_EVENTS_KEPT it misses some.`,
    },
    {
      alert: "PostriderSubscriptionHindered",
      severity: "warning",
      expr: `max by (${INSTALLATION}) (postrider_subscriptions{state="hindered"}) > 0`,
      for: "15m",
      summary: "Something stands in the way of a subscription.",
      description: `${VALUE} subscriptions deliver nothing at the moment.`,
    },
    {
      alert: "PostriderSubscriptionLags",
      severity: "warning",
      expr: `max by (${INSTALLATION}) (postrider_subscription_lag) > 25000`,
      for: "10m",
      summary: "A subscription falls behind.",
      description: `It has ${VALUE} events or outcomes before it. Beyond what is kept it misses some.`,
    },
  ],
};
