// The canary: one delivery a minute through the whole way, which tells that it works when nobody else sends.

import { type Group, INSTALLATION, VALUE } from "../alert.ts";

export const canary: Group = {
  name: "postrider-canary",
  title: "Canary",
  rules: [
    {
      alert: "PostriderCanaryNotRunning",
      severity: "warning",
      // Where no API process is left that would tell of its canary, the hour before tells that there was one.
      expr: [
        `(sum by (${INSTALLATION}) (increase(postrider_canary_deliveries_total[10m])) == 0`,
        `and on (${INSTALLATION}) max by (${INSTALLATION}) (postrider_canary_enabled) == 1)`,
        `or on (${INSTALLATION}) (max by (${INSTALLATION}) (max_over_time(postrider_canary_enabled[1h])) == 1`,
        `unless on (${INSTALLATION}) max by (${INSTALLATION}) (postrider_canary_enabled))`,
      ].join(" "),
      for: "10m",
      summary: "The canary sends nothing.",
      description:
        "POSTRIDER_CANARY is set, and no canary delivery has come to an end for twenty minutes, or the API that sends them has been gone for ten.",
    },
    {
      alert: "PostriderCanaryLateOrLost",
      severity: "critical",
      expr: `sum by (${INSTALLATION}) (increase(postrider_canary_deliveries_total{result!="delivered"}[10m])) > 1`,
      for: "0m",
      summary: "Canary deliveries come late or not at all: so do others.",
      description: `${VALUE} canary deliveries of the last ten minutes were late, failed or refused.`,
    },
  ],
};
