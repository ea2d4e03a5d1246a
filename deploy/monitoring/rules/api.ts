// The HTTP API.

import { ASKED, DURATION, type Group, INSTALLATION, knownBefore, PERCENTAGE, VALUE } from "../alert.ts";

export const api: Group = {
  name: "postrider-api",
  title: "API",
  rules: [
    {
      alert: "PostriderApiAbsent",
      severity: "critical",
      expr: knownBefore("postrider_api_in_flight"),
      for: "5m",
      summary: "Prometheus sees no API process any more.",
      description:
        "There was one within the hour. Nobody can enqueue over HTTP, and the alerts on the API and its canary are blind. After an hour this ends by itself, whether it is back or not.",
    },
    {
      alert: "PostriderApiFails",
      severity: "critical",
      expr: `sum by (${INSTALLATION}) (rate(postrider_api_requests_total{status_class="5xx", ${ASKED}}[5m])) / sum by (${INSTALLATION}) (rate(postrider_api_requests_total{${ASKED}}[5m])) > 0.05 and sum by (${INSTALLATION}) (increase(postrider_api_requests_total{status_class="5xx", ${ASKED}}[5m])) > 10`,
      for: "2m",
      summary: "The API answers with errors of its own.",
      description: `${PERCENTAGE} of its answers in five minutes were 5xx.`,
    },
    {
      alert: "PostriderApiSlow",
      severity: "warning",
      expr: `histogram_quantile(0.9, sum by (${INSTALLATION}, le) (rate(postrider_api_request_duration_seconds_bucket{method="POST", route="/v1/deliveries"}[5m]))) > 0.5`,
      for: "5m",
      summary: "The API is slow in taking deliveries in.",
      description: `One request in ten takes ${DURATION} or longer; usually it is milliseconds.`,
    },
    {
      alert: "PostriderTasksFail",
      severity: "warning",
      expr: `sum by (${INSTALLATION}, do) (increase(postrider_tasks_total{state="failed"}[1h])) > 0`,
      for: "0m",
      summary: "A task failed: {{ $labels.do }}.",
      description: `${VALUE} tasks of this kind failed within the hour; what they had done until then stays.`,
    },
  ],
};
