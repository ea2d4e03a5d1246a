// The page of events: what each says, from the one list of them, and how they are read and delivered.

import { EVENT_TYPES, EVENTS } from "@postrider/shared/operator-event";
import { OUTCOMES } from "@postrider/shared/outcome";

const READING = `## Read them

    postrider events tail                                  as they come
    postrider events tail --group pager --json | ./page    go on where the group's last reader stopped
    curl 'localhost:8080/v1/events?wait=30&after=CURSOR'   long poll; /v1/events/stream: server-sent events

    for await (const event of producer.events({ group: "pager" })) await handle(event);
    for await (const event of producer.events({ after: cursor, signal })) await handle(event);

An event is \`{id, type, timestamp, data}\`. It is told in the step that makes the transition, so it is told once, whatever is killed; its readers get it at least
once, in order, under the same \`id\`. Groups, cursors and \`missed\` are those of [outcomes](outcomes.md). \`POSTRIDER_EVENTS_KEPT\` (100,000) are kept. A token
that is narrowed to actions or lanes sees the events of its runs, actions and tasks.

What nobody brings about in one step (failing actions, many dead letters, readers that fall behind) is judged by one worker every two seconds. Beginning and end have marks of
their own, with room between them, so that nothing flaps.`;

const SUBSCRIPTIONS = `## Subscriptions: have them delivered

    postrider subscriptions set pager --action page-on-call --event run.completed dead_letters.threshold
    postrider subscriptions set crm --action tell-crm --outcome failed --of-action welcome
    postrider subscriptions show pager       # how far behind it is, and what keeps it from being delivered
    postrider subscriptions test pager       # delivers a sample

    await producer.subscriptions.set("pager", { action: "page-on-call", events: ["run.completed"] });
    PUT /v1/subscriptions/pager              {"action": "tell-crm", "outcomes": {"outcome": "failed", "action": "welcome"}}

A subscription names an action, and events, outcomes or both. Outcomes are chosen by \`outcome\`, \`reason\`, \`action\`, \`run\` and \`label\`; \`{}\` means all. What is chosen is
delivered like anything else: with the action's headers, signature, retries and dead letters. Templates see \`event\` (\`id\`, \`type\`, \`timestamp\`, \`data\`, the payload of [Standard
Webhooks](https://www.standardwebhooks.com)) and \`customer.id\`, the subscription's id. The action's URL must name its host.

    id: page-on-call
    url: https://ops.example.com/hooks/postrider
    headers: [{ name: Content-Type, value: application/json }]
    body: "{{ event }}"
    secrets: [OPS_HOOK]
    signing: { scheme: standard-webhooks, secrets: ["{{ secrets.OPS_HOOK }}"] }

API processes carry subscriptions, one of them each, and another takes over within ten seconds; without an API process they wait. The id of a delivery follows from
subscription and event, so each event is one delivery with one \`Idempotency-Key\` (and \`webhook-id\`), whatever is killed. A new subscription begins with what is told from then on; one that is
changed goes on where it was. There may be 100.

One that cannot be delivered, as when its action is gone, waits and says so in \`subscriptions show\`; what is trimmed away meanwhile counts as \`missed\`.

### Nothing feeds on itself

What is delivered for a subscription brings about nothing that any subscription delivers: its outcomes are delivered to none, its dead letters do not count for
\`dead_letters.threshold\`, and \`action.*\` of actions and \`destination.*\` of destinations that subscriptions use are told to readers alone. So give
subscriptions actions of their own, and watch the receiver of your alarms by \`postrider events tail\`, or by [metrics](metrics.md).`;

/** A field with one meaning, and the events that have it. */
interface Field {
  readonly name: string;
  readonly text: string;
  readonly of: string[];
}

export function renderEvents(
  table: (head: readonly string[], rows: readonly (readonly string[])[]) => string,
): string {
  const rows = EVENT_TYPES.map((type) => {
    const { text, data } = EVENTS[type];
    return [
      `\`${type}\``,
      text,
      Object.keys(data.shape)
        .map((name) => `\`${name}\``)
        .join(", "),
    ];
  });
  const fields = new Map<string, Field>();
  for (const type of EVENT_TYPES)
    for (const [name, { description: text = "" }] of Object.entries(EVENTS[type].data.shape)) {
      const field: Field = fields.get(`${name} ${text}`) ?? { name, text, of: [] };
      field.of.push(`\`${type}\``);
      fields.set(`${name} ${text}`, field);
    }
  const meanings = [...fields.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  const outcomes = OUTCOMES.map((outcome) => `\`outcome.${outcome}\``).join(", ");
  return [
    table(["event", "comes when", "data"], rows),
    table(
      ["field", "of", "meaning"],
      meanings.map(({ name, of, text }) => [`\`${name}\``, of.join(", "), text]),
    ),
    `Outcomes come to subscriptions as ${outcomes}; their data are those of [outcomes](outcomes.md). Schemas and examples stand in \`webhooks\` of [openapi.json](openapi.json).`,
    READING,
    SUBSCRIPTIONS,
  ].join("\n\n");
}
