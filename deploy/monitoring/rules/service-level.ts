// The service level: 99.9 % of transactional deliveries get their first attempt within 5 s. Alerts look at
// how fast the month's allowance of late ones is used up, over a long window and a short one, so that they
// come and go soon: https://sre.google/workbook/alerting-on-slos/, table 5-8.

import {
  type Alert,
  DURATION,
  type Group,
  INSTALLATION,
  PERCENTAGE,
  type Recording,
  SHARED,
} from "../alert.ts";

const OBJECTIVE = 0.999;
/** Of the histogram's buckets; a promise that is no bucket's bound could not be measured. */
export const PROMISED_SECONDS = 5;
/** Fewer late ones in the long window wake nobody: one of the canary's alone would be a whole percent. */
const LATE_MIN = 10;

const WINDOWS = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"] as const;
type Window = (typeof WINDOWS)[number];

const COUNT = 'postrider_first_attempt_delay_seconds_count{lane="transactional"}';
// Prometheus 3 writes a whole number's bound as 5.0, the releases before it as 5.
const PROMPT = `postrider_first_attempt_delay_seconds_bucket{lane="transactional", le=~"${PROMISED_SECONDS}|${PROMISED_SECONDS}.0"}`;

const ratioOf = (window: Window): string =>
  `${INSTALLATION}:postrider_first_attempts_late:ratio_rate${window}`;
const lateOf = (window: Window): string => `${INSTALLATION}:postrider_first_attempts_late:increase${window}`;

const recordings: Recording[] = [
  ...WINDOWS.map((window) => ({
    record: ratioOf(window),
    expr: `1 - sum by (${INSTALLATION}) (rate(${PROMPT}[${window}])) / sum by (${INSTALLATION}) (rate(${COUNT}[${window}]))`,
  })),
  ...(["1h", "6h", "1d", "3d"] as const).map((window) => ({
    record: lateOf(window),
    expr: `sum by (${INSTALLATION}) (increase(${COUNT}[${window}])) - sum by (${INSTALLATION}) (increase(${PROMPT}[${window}]))`,
  })),
];

/** The allowance is used up `factor` times as fast as a month grants, in both windows. */
function burns(factor: number, long: "1h" | "6h" | "1d" | "3d", short: Window): string {
  const most = (factor * (1 - OBJECTIVE)).toFixed(4);
  return `(${ratioOf(long)} > ${most} and ${ratioOf(short)} > ${most} and ${lateOf(long)} >= ${LATE_MIN})`;
}

const alerts: Alert[] = [
  {
    alert: "PostriderFirstAttemptsLate",
    severity: "critical",
    expr: `${burns(14.4, "1h", "5m")} or ${burns(6, "6h", "30m")}`,
    for: "2m",
    summary: "Transactional deliveries start late: the month's allowance goes within days.",
    description: `${PERCENTAGE} of transactional deliveries waited longer than ${PROMISED_SECONDS} s for their first attempt; 0.1 % is promised at most.`,
  },
  {
    alert: "PostriderFirstAttemptsOftenLate",
    severity: "warning",
    expr: `${burns(3, "1d", "2h")} or ${burns(1, "3d", "6h")}`,
    for: "15m",
    summary: "Transactional deliveries start late too often: the month's allowance will not last.",
    description: `${PERCENTAGE} of transactional deliveries waited longer than ${PROMISED_SECONDS} s for their first attempt; 0.1 % is promised at most.`,
  },
  {
    alert: "PostriderTransactionalWaits",
    severity: "critical",
    // What has had no attempt yet is in no histogram: a lane that stands still breaks no ratio.
    expr: `max by (${INSTALLATION}) (postrider_lane_oldest_age_seconds{lane="transactional"}) > 60`,
    for: "2m",
    summary: "A transactional delivery has been due for more than a minute and nobody sends it.",
    description: `The oldest has waited for ${DURATION}.`,
  },
  {
    alert: "PostriderSharedLaneBehind",
    severity: "warning",
    expr: `max by (${INSTALLATION}, lane) (postrider_lane_oldest_age_seconds{${SHARED}}) > 3600`,
    for: "15m",
    summary: "Deliveries in the lane {{ $labels.lane }} are more than an hour late.",
    description: `The oldest has waited for ${DURATION}: more comes in than the workers send.`,
  },
  {
    alert: "PostriderLaneStandsStill",
    severity: "critical",
    expr: [
      `max by (${INSTALLATION}, lane) (postrider_lane_waiting{${SHARED}}) > 0`,
      `and on (${INSTALLATION}, lane) (`,
      ["deliveries", "retries", "lane_moves"]
        .map((name) => `sum by (${INSTALLATION}, lane) (rate(postrider_${name}_total{${SHARED}}[5m]))`)
        .join(" + "),
      ") == 0",
    ].join(" "),
    for: "5m",
    summary: "Deliveries wait in the lane {{ $labels.lane }}, and for minutes none has come out of it.",
    description:
      "{{ $value | humanize }} deliveries wait, and the workers that serve the lane get nowhere with it.",
  },
];

export const serviceLevel: Group = {
  name: "postrider-service-level",
  title: "Service level",
  rules: [...recordings, ...alerts],
};
