// The runbook: an entry for each alert, reason and error code. What the code knows already is not said twice.

import { ERROR_CODES } from "@postrider/shared/error-codes";
import { REASONS } from "@postrider/shared/outcome";
import type { Alert } from "../../deploy/monitoring/alert.ts";
import { GROUPS } from "../../deploy/monitoring/rules/all.ts";
import { ALERTS_OF_FLOW } from "./alerts-of-flow.ts";
import { ALERTS_OF_REDIS } from "./alerts-of-redis.ts";
import { ALERTS_OF_SURROUNDINGS } from "./alerts-of-surroundings.ts";
import { ALERTS_OF_WORKERS } from "./alerts-of-workers.ts";
import { CODE_GROUPS } from "./codes.ts";
import type { Entry, Step } from "./entry.ts";
import type { Group, Line } from "./group.ts";
import { REASON_GROUPS } from "./reasons.ts";

export const ALERT_ENTRIES: Readonly<Record<string, Entry>> = {
  ...ALERTS_OF_FLOW,
  ...ALERTS_OF_WORKERS,
  ...ALERTS_OF_REDIS,
  ...ALERTS_OF_SURROUNDINGS,
};

const CODE_TEXTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ERROR_CODES).map(([code, { text }]) => [code, text]),
);

/** Everything below the title. */
export function renderRunbook(): string {
  return [
    BEGINNING,
    "## Alerts",
    ...chapters(),
    "## Reasons",
    "Why deliveries ended. What holds for all of a group stands above its table.",
    ...REASON_GROUPS.flatMap((group) => renderGroup(group, REASONS, "reason")),
    "## Error codes",
    "What the API (`code` of a problem) and the command line answer.",
    ...CODE_GROUPS.flatMap((group) => renderGroup(group, CODE_TEXTS, "code")),
  ].join("\n\n");
}

const BEGINNING = `For whoever is woken: find the alert's name below. Each entry says what it means, what is at stake, what to look at, what is likely behind it, what to do, and how to know that it worked.
Every command here is run by a test as it stands; they work over Redis (\`POSTRIDER_REDIS_URL\`) or over the API (\`POSTRIDER_URL\` and \`POSTRIDER_TOKEN\`), and name what is meant by variables:

| variable | stands for |
| --- | --- |
| \`$API\`, \`$WORKER\` | the address of an API process, and of a worker's metrics port, as \`http://host:port\` |
| \`$RUN\`, \`$ACTION\`, \`$DELIVERY\`, \`$TASK\` | their ids, as lists and dashboards show them |
| \`$ORIGIN\` | a destination, such as \`https://api.example.com\` |
| \`$GROUP\`, \`$EVENT_GROUP\`, \`$SUBSCRIPTION\`, \`$SECRET\` | a group of readers of outcomes, or of events; a subscription; a secret's name |
| \`$REDIS\` | Redis' primary, as \`redis://host:port\`: \`$POSTRIDER_REDIS_URL\`, but where that names Sentinels, what \`redis-cli -h SENTINEL -p 26379 sentinel get-master-addr-by-name NAME\` answers |
| \`$POSTRIDER_TOKEN\` | a token with the scope \`read\`; where the API has no tokens, leave \`curl\`'s \`-H\` with its header out |
| \`$BYTES\` | how much memory Redis may use |

## The first five minutes

1. Open the dashboard *Overview*. Its first row says whether it is us: workers, Redis, faults on our side, the canary. All green but *Circuits open*: it is somebody's API, and nothing has to be done at night.
2. Several alerts at once: begin with the one on Redis, then workers, then the rest; most of the others follow from these.
3. Ask the system itself:

\`\`\`sh
postrider status                # lanes, what waits in them, open circuits
postrider top --once            # lanes, destinations, runs and workers with their rates
postrider events groups         # who is told of events
postrider audit --limit 20      # who changed what lately
\`\`\`

Nothing that was accepted is lost by stopping, restarting or adding workers and API processes. What loses deliveries is Redis without its data.

### Replay what failed

\`\`\`sh
postrider dead-letters groups --by reason,destination,action
postrider dead-letters replay --run "$RUN" --reason reply_5xx --rate 20
postrider tasks list
\`\`\`

A replay carries the same Idempotency-Key, so that a receiver that keeps to it does nothing twice. It worked when the groups become smaller and do not grow again.`;

/** A chapter for each group of rules. */
function chapters(): string[] {
  return GROUPS.flatMap(({ title, rules }) => [
    `### ${title}`,
    ...rules.flatMap((rule) => {
      const entry = "alert" in rule ? ALERT_ENTRIES[rule.alert] : undefined;
      return "alert" in rule && entry !== undefined ? [renderAlert(rule, entry)] : [];
    }),
  ]);
}

function renderAlert({ alert, severity, for: after }: Alert, entry: Entry): string {
  return [
    `#### ${alert}`,
    `*${severity}*, ${after === "0m" ? "at once" : `after ${after}`}`,
    `**Meaning.** ${entry.meaning}`,
    `**Impact.** ${entry.impact}`,
    `**Look at**\n\n${renderSteps(entry.look)}`,
    `**Likely causes**\n\n${entry.causes.map((cause) => `- ${cause}`).join("\n")}`,
    `**Do**\n\n${renderSteps(entry.act)}`,
    `**It worked when**\n\n${renderSteps(entry.worked)}`,
  ].join("\n\n");
}

/** Sentences as a list; commands that follow each other as one block. */
function renderSteps(steps: readonly Step[]): string {
  const parts: string[][] = [];
  const isCommand = (step: Step): boolean => step.startsWith("$ ");
  steps.forEach((step, index) => {
    const before = steps[index - 1];
    if (before === undefined || isCommand(before) !== isCommand(step)) parts.push([step]);
    else parts.at(-1)?.push(step);
  });
  return parts
    .map((part) => {
      if (!isCommand(part[0] ?? "")) return part.map((step) => `- ${step}`).join("\n");
      return `\`\`\`sh\n${part.map((step) => step.slice(2)).join("\n")}\n\`\`\``;
    })
    .join("\n\n");
}

function renderGroup<Name extends string>(
  { title, impact, look, act, worked, lines }: Group<Name>,
  meanings: Readonly<Record<string, string>>,
  what: "reason" | "code",
): string[] {
  const rows = (Object.entries(lines) as [Name, Line][]).map(
    ([name, [causes, advice]]) => `| \`${name}\` | ${meanings[name] ?? ""} | ${causes} | ${advice} |`,
  );
  return [
    `### ${title}`,
    `**Impact.** ${impact}`,
    `**Look at**\n\n${renderSteps(look)}`,
    [`| ${what} | meaning | likely causes | do |`, "| --- | --- | --- | --- |", ...rows].join("\n"),
    `**Do, for all of them**\n\n${renderSteps(act)}`,
    `**It worked when**\n\n${renderSteps(worked)}`,
  ];
}
