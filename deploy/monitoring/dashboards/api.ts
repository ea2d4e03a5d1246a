// The HTTP API: who asks for what, how it is answered, and what it has running.

import { ASKED } from "../alert.ts";
import type { Board } from "../dashboard.ts";
import { PLAIN, rising } from "../panels.ts";
import { most, perSecond, quantile, series, share, total } from "../series.ts";

export const api: Board = {
  id: "api",
  title: "API",
  description: "How the HTTP API answers, what is slow, and the tasks and subscriptions that it works on.",
  rows: [
    {
      title: "At a glance",
      panels: [
        {
          title: "Requests",
          description: "Answered a second.",
          unit: "ops",
          expr: perSecond("api_requests_total"),
          thresholds: PLAIN,
        },
        {
          title: "Answered 5xx",
          description:
            "The share of answers that are errors of ours; 503 also when Redis is away or full, or the API is overloaded. Without those to probes, scrapes and the canary.",
          unit: "percentunit",
          expr: share(
            perSecond("api_requests_total", [], `status_class="5xx", ${ASKED}`),
            perSecond("api_requests_total", [], ASKED),
          ),
          thresholds: rising(0.01, 0.05),
          noValue: "none asked",
        },
        {
          title: "Answered 4xx",
          description:
            "The share of requests that were refused: the caller's mistakes, missing tokens, used-up rates.",
          unit: "percentunit",
          expr: share(
            perSecond("api_requests_total", [], 'status_class="4xx"'),
            perSecond("api_requests_total"),
          ),
          thresholds: rising(0.1, 0.5),
          noValue: "none asked",
        },
        {
          title: "In flight",
          description:
            "Requests being worked on, by all API processes; each takes POSTRIDER_API_IN_FLIGHT_MAX (256) at most.",
          unit: "short",
          expr: total("api_in_flight"),
          thresholds: rising(128, 256),
        },
        {
          title: "Taking in, p99",
          description: "Until a delivery is accepted (POST /v1/deliveries).",
          unit: "s",
          expr: quantile(0.99, "api_request_duration_seconds", [], 'method="POST", route="/v1/deliveries"'),
          thresholds: rising(0.1, 0.5),
          noValue: "none asked",
        },
        {
          title: "Tasks under way",
          description: "Replays, purges and cancellations of many deliveries that run now.",
          unit: "short",
          expr: total("tasks_running"),
          thresholds: PLAIN,
        },
      ],
    },
    {
      title: "Requests",
      panels: [
        {
          title: "By class of status",
          description: "gone: the client left before its answer was written.",
          unit: "ops",
          queries: { "{{status_class}}": perSecond("api_requests_total", ["status_class"]) },
          isStacked: true,
        },
        {
          title: "By route",
          description: "The ten that are asked for the most.",
          unit: "ops",
          queries: {
            "{{method}} {{route}}": `topk(10, ${perSecond("api_requests_total", ["method", "route"])})`,
          },
        },
        {
          title: "Errors by route",
          description: "The ten with the most answers of 4xx and 5xx.",
          unit: "ops",
          queries: {
            "{{status_class}} {{method}} {{route}}": `topk(10, ${perSecond("api_requests_total", ["method", "route", "status_class"], 'status_class=~"4xx|5xx"')} > 0) or vector(0)`,
          },
        },
      ],
    },
    {
      title: "Time",
      panels: [
        {
          title: "Until answered",
          description:
            "From a request's head to the end of its answer, over all routes; streams take as long as they are.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "api_request_duration_seconds"),
            p90: quantile(0.9, "api_request_duration_seconds"),
            p99: quantile(0.99, "api_request_duration_seconds"),
          },
        },
        {
          title: "Slowest routes, p90",
          description: "The ten that take the longest; the histogram's last bound is 10 s.",
          unit: "s",
          queries: {
            "{{method}} {{route}}": `topk(10, ${quantile(0.9, "api_request_duration_seconds", ["method", "route"])} > 0)`,
          },
        },
        {
          title: "In flight by process",
          description: "At POSTRIDER_API_IN_FLIGHT_MAX more are answered 503 (overloaded).",
          unit: "short",
          queries: { "{{instance}}": total("api_in_flight", ["instance"]) },
        },
      ],
    },
    {
      title: "What it works on",
      panels: [
        {
          title: "Tasks that ended",
          description: "By what they do and how they ended.",
          unit: "ops",
          queries: { "{{do}}, {{state}}": perSecond("tasks_total", ["do", "state"]) },
        },
        {
          title: "Subscriptions",
          description:
            "ok, or hindered: something stands in their way, which `postrider subscriptions list` tells.",
          unit: "short",
          queries: { "{{state}}": most("subscriptions", ["state"]) },
        },
        {
          title: "Furthest subscription behind",
          description: "Events and outcomes that it has not looked at.",
          unit: "short",
          queries: { behind: most("subscription_lag") },
        },
        {
          title: "Enqueued",
          description: "Deliveries that were taken in, by lane.",
          unit: "ops",
          queries: { "{{lane}}": perSecond("enqueued_total", ["lane"]) },
          isStacked: true,
        },
        {
          title: "Event loop lag, p99",
          description: "How late each process takes its turns.",
          unit: "s",
          queries: { "{{instance}}": `max by (instance) (${series("nodejs_eventloop_lag_p99_seconds")})` },
        },
      ],
    },
  ],
};
