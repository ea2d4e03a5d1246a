// Campaigns: how runs get on, which action they send, and what became of it.

import type { Board } from "../dashboard.ts";
import { PLAIN, rising } from "../panels.ts";
import { most, perSecond, quantile, series, share } from "../series.ts";

export const runs: Board = {
  id: "runs",
  title: "Runs",
  description:
    "How runs get on, by action, and what stands in their way. One run: `postrider runs show RUN`.",
  rows: [
    {
      title: "At a glance",
      panels: [
        {
          title: "Runs under way",
          description: "Runs that send now.",
          unit: "short",
          expr: most("runs", [], 'state="running"'),
          thresholds: PLAIN,
        },
        {
          title: "Paused or held",
          description:
            "Runs that wait for a person: `postrider runs resume RUN`, `postrider runs release RUN`.",
          unit: "short",
          expr: `sum(${most("runs", ["state"], 'state=~"paused|held"')})`,
          thresholds: rising(1, 1_000),
        },
        {
          title: "Waiting in runs' lanes",
          description: "Deliveries of runs large enough for a lane of their own.",
          unit: "short",
          expr: most("lane_waiting", [], 'lane="run"'),
          thresholds: PLAIN,
        },
        {
          title: "Held up",
          description:
            "Runs' lanes that stand still because the destination that they feed has enough waiting, or is stopped.",
          unit: "short",
          expr: most("own_lanes_held_up"),
          thresholds: rising(1, 100),
        },
        {
          title: "Without a worker",
          description:
            "Own lanes that no worker has room for at this moment; they take turns. For long: more workers.",
          unit: "short",
          expr: most("own_lanes_unserved"),
          thresholds: rising(1, 100),
        },
        {
          title: "Failed share",
          description: "Of the deliveries that ended, those that became dead letters.",
          unit: "percentunit",
          expr: share(perSecond("deliveries_total", [], 'outcome="failed"'), perSecond("deliveries_total")),
          thresholds: rising(0.01, 0.05),
          noValue: "none ended",
        },
      ],
    },
    {
      title: "By action",
      panels: [
        {
          title: "Deliveries by action",
          description:
            "The ten that end the most; other stands for those beyond the number that is told apart.",
          unit: "ops",
          queries: { "{{action}}": `topk(10, ${perSecond("action_deliveries_total", ["action"])})` },
          isStacked: true,
        },
        {
          title: "Failed by action",
          description: "The ten with the most dead letters. `postrider dead-letters groups` tells why.",
          unit: "ops",
          queries: {
            "{{action}}": `topk(10, ${perSecond("action_deliveries_total", ["action"], 'outcome="failed"')})`,
          },
        },
        {
          title: "Failed share by action",
          description:
            "Of each action's deliveries that ended. A single action that stands out: its template or its destination.",
          unit: "percentunit",
          queries: {
            "{{action}}": `topk(10, ${perSecond("action_deliveries_total", ["action"], 'outcome="failed"')} / (${perSecond("action_deliveries_total", ["action"])} > 0))`,
          },
        },
      ],
    },
    {
      title: "Coming in",
      panels: [
        {
          title: "Enqueued",
          description: "Deliveries that producers handed over, by lane.",
          unit: "ops",
          queries: { "{{lane}}": perSecond("enqueued_total", ["lane"]) },
          isStacked: true,
        },
        {
          title: "Duplicates",
          description:
            "Deliveries that were enqueued before and are not sent again; many where a run is started again after a crash.",
          unit: "ops",
          queries: { duplicates: perSecond("duplicates_total") },
        },
        {
          title: "Runs by state",
          description: "Those that are not over, of the 200 newest.",
          unit: "short",
          queries: { "{{state}}": most("runs", ["state"]) },
        },
      ],
    },
    {
      title: "Composing and ending",
      panels: [
        {
          title: "Composing takes",
          description: "From the template to the request. Milliseconds: a costly template.",
          unit: "s",
          queries: {
            p50: quantile(0.5, "compose_duration_seconds"),
            p99: quantile(0.99, "compose_duration_seconds"),
          },
        },
        {
          title: "Composing fails",
          description:
            "By reason; nothing was sent for these. Each is a dead letter that can be replayed with a mended version.",
          unit: "ops",
          queries: { "{{reason}}": perSecond("compose_failures_total", ["reason"]) },
        },
        {
          title: "Ended without an attempt",
          description:
            "Deliveries that were cancelled, alone or with their run, or expired before they were sent.",
          unit: "ops",
          queries: {
            "{{reason}}": perSecond("deliveries_total", ["reason"], 'outcome=~"cancelled|expired"'),
          },
        },
        {
          title: "Waiting and delayed in own lanes",
          description: "By kind; delayed ones wait for a retry or for their time.",
          unit: "short",
          queries: {
            "{{lane}}, due": most("lane_waiting", ["lane"], 'lane=~"destination|run|retries"'),
            "{{lane}}, later": most("lane_delayed", ["lane"], 'lane=~"destination|run|retries"'),
          },
        },
        {
          title: "Own lanes and room for them",
          description: "Lanes by kind, those that are served, and how many all workers together may serve.",
          unit: "short",
          queries: {
            "{{kind}}": most("own_lanes", ["kind"]),
            served: `sum(${series("own_lanes_served")})`,
            "at most": `sum(${series("own_lanes_served_limit")})`,
          },
        },
        {
          title: "Tasks under way",
          description:
            "Changes to many deliveries at once (replays, purges, cancellations), by what they do.",
          unit: "short",
          queries: { "{{do}}": `sum by (do) (${series("tasks_running")})` },
        },
      ],
    },
  ],
};
