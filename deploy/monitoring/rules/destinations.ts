// What happens between workers and destinations: one that fails is theirs and alerts nobody here; many at
// once, or none reachable, is ours.

import { type Group, INSTALLATION, PERCENTAGE, VALUE } from "../alert.ts";

const OURS = 'fault=~"dns|connect|connect_timeout|tls|certificate|timeout|reset|proxy|local"';

export const destinations: Group = {
  name: "postrider-destinations",
  title: "Destinations",
  rules: [
    {
      alert: "PostriderNothingReachable",
      severity: "critical",
      expr: `sum by (${INSTALLATION}) (rate(postrider_attempts_total{${OURS}}[5m])) / sum by (${INSTALLATION}) (rate(postrider_attempts_total[5m])) > 0.5 and sum by (${INSTALLATION}) (increase(postrider_attempts_total[5m])) > 100`,
      for: "2m",
      summary: "Most attempts get no answer at all: our way out is broken.",
      description: `${PERCENTAGE} of the attempts of five minutes ended without an answer.`,
    },
    {
      alert: "PostriderCircuitStorm",
      severity: "warning",
      expr: `max by (${INSTALLATION}) (postrider_circuits{state="open"}) >= 10`,
      for: "5m",
      summary: "Many destinations fail at once.",
      description: `${VALUE} circuits are open: look for what they have in common, a provider or our own way out.`,
    },
    {
      alert: "PostriderDeadLettersSpike",
      severity: "warning",
      expr: `sum by (${INSTALLATION}) (rate(postrider_deliveries_total{outcome="failed"}[15m])) / sum by (${INSTALLATION}) (rate(postrider_deliveries_total[15m])) > 0.05 and sum by (${INSTALLATION}) (increase(postrider_deliveries_total{outcome="failed"}[15m])) > 100`,
      for: "5m",
      summary: "More than one delivery in twenty fails for good.",
      description: `${PERCENTAGE} of the deliveries that ended within 15 minutes are dead letters.`,
    },
    {
      alert: "PostriderDeadLettersDropped",
      severity: "warning",
      expr: `sum by (${INSTALLATION}, lane) (increase(postrider_dead_letters_dropped_total[1h])) > 1000`,
      for: "0m",
      summary: "Dead letters of the lane {{ $labels.lane }} are dropped, replayed or not.",
      description: `${VALUE} dead letters were dropped within the hour, because they were too many or too old.`,
    },
    {
      alert: "PostriderTokensRefused",
      severity: "warning",
      expr: `sum by (${INSTALLATION}) (increase(postrider_token_fetches_total{result=~"unavailable|refused"}[15m])) > 10`,
      for: "5m",
      summary: "Token endpoints give no access tokens.",
      description: `${VALUE} requests to token endpoints of the last 15 minutes brought no token. Deliveries that need one wait or fail.`,
    },
  ],
};
