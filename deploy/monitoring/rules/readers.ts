// Those who read from us: groups that read outcomes and events, and subscriptions.

import { type Group, INSTALLATION, VALUE } from "../alert.ts";

/** More than a quarter of what is kept lies unread, while anything is kept at all. */
function lags(label: string | null, lag: string, kept: string): string {
  const by = label === null ? INSTALLATION : `${INSTALLATION}, ${label}`;
  const most = `0.25 * (max by (${INSTALLATION}) (postrider_${kept}) > 0)`;
  return `max by (${by}) (postrider_${lag}) > on (${INSTALLATION}) group_left () (${most})`;
}

export const readers: Group = {
  name: "postrider-readers",
  title: "Readers",
  rules: [
    {
      alert: "PostriderOutcomeReaderLags",
      severity: "warning",
      expr: lags("group", "outcome_reader_lag", "outcomes_kept"),
      for: "10m",
      summary: "The group {{ $labels.group }} falls behind in reading outcomes.",
      description: `It has ${VALUE} outcomes before it. Beyond POSTRIDER_OUTCOMES_KEPT it misses some.`,
    },
    {
      alert: "PostriderEventReaderLags",
      severity: "warning",
      expr: lags("group", "event_reader_lag", "events_kept"),
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
      // Of the two that it may read, events are usually the fewer that are kept.
      expr: lags(null, "subscription_lag", "events_kept"),
      for: "10m",
      summary: "A subscription falls behind.",
      description: `It has ${VALUE} events or outcomes before it. Beyond what is kept it misses some.`,
    },
  ],
};
