// What is delivered, the same for all cases: customers of about 140 bytes, and an action whose templates do
// what campaign templates do. The floor sends a constant body as long as the rendered one.

import type { ActionDocument } from "@postrider/shared/action";
import type { Customer } from "@postrider/shared/delivery";

/** The queue that all cases use: Postrider's lane for runs, so that even the keys are equally long. */
export const LANE = "bulk";
export const PREFIX = "{postrider:0}";
/** Of the shards that the cases with several have, all on the one Redis. */
export const SHARDS_MAX = 4;
export const PREFIXES = Array.from({ length: SHARDS_MAX }, (_, shard) => `{postrider:${shard}}`);

const PLANS = ["gold", "silver", "bronze"] as const;
const CITIES = ["Lisbon", "Nairobi", "Osaka", "Bergen"] as const;

/** The customers numbered from `first`; each one has an id of its own. */
export function* customers(first: number, count: number): Generator<Customer> {
  for (let index = first; index < first + count; index++) {
    yield {
      id: `c${String(index).padStart(8, "0")}`,
      name: `ada lovelace ${index % 977}`,
      email: `Ada.${index % 977}@Example.com`,
      plan: PLANS[index % PLANS.length] ?? "gold",
      city: CITIES[index % CITIES.length] ?? "Lisbon",
      score: index % 1_000,
      tags: ["news", "beta"],
    };
  }
}

/** The templates of the request: an `assign`, an `if` with its `else`, seven outputs and six filters. */
export interface Templates {
  readonly url: string;
  readonly headers: { readonly name: string; readonly value: string }[];
  readonly body: string;
}

export function toTemplates(sinkUrl: string): Templates {
  return {
    url: `${sinkUrl}/v1/people/{{ customer.id | url_encode }}/events?plan={{ customer.plan }}`,
    headers: [
      { name: "Content-Type", value: "application/json" },
      { name: "X-Campaign", value: "spring-{{ customer.city | downcase }}" },
    ],
    body: [
      "{% assign points = customer.score | plus: 100 %}",
      '{"name": "{{ customer.name | capitalize }}", "email": "{{ customer.email | downcase }}", ',
      '{% if customer.plan == "gold" %}"tier": 1{% else %}"tier": 2{% endif %}, ',
      '"points": {{ points }}, "city": "{{ customer.city | default: "nowhere" }}", ',
      '"event": "spring-campaign", "note": "Thank you for being with us this spring, and see you soon"}',
    ].join(""),
  };
}

/** The templates as a Postrider action with all its policies: deadline, retries, idempotency key, limits. */
export function toAction(sinkUrl: string): ActionDocument {
  return { id: "bench", method: "POST", ...toTemplates(sinkUrl) };
}

/** What the floor sends: as many bytes as the template renders for an average customer. */
export const CONSTANT_BODY = JSON.stringify({ filler: "x".repeat(187) });
