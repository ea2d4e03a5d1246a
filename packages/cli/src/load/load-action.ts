// What a load delivers: a campaign's request, with the work of Liquid that one has, to the receiver of the
// load, for customers of a given size.

import type { ActionDocument } from "@postrider/shared/action";
import type { Customer } from "@postrider/shared/delivery";

/** What the names of their actions begin with. */
export const LOAD_ACTION = "postrider-load";

/** The least that the customers below can have. */
export const PAYLOAD_BYTES_MIN = 200;
export const PAYLOAD_BYTES_MAX = 200_000;

/** One `assign`, one `if`, nine outputs and seven filters. */
const BODY = [
  "{% assign points = customer.score | plus: 100 %}",
  '{"name": "{{ customer.name | capitalize }}", "email": "{{ customer.email | downcase }}", ',
  '{% if customer.plan == "gold" %}"tier": 1{% else %}"tier": 2{% endif %}, ',
  '"points": {{ points }}, "city": "{{ customer.city | default: "nowhere" }}", ',
  '"event": "load", "note": "{{ customer.note }}"}',
].join("");

/** Waits of half a second and more on average: what was refused comes again while the load lasts. */
const RETRY = { attempts: 20, baseMs: 1_000, factor: 1.5, maxMs: 5_000 } as const;

/** @param base the receiver's URL, up to where the customer's id follows, without a slash at its end. */
export function toLoadAction(id: string, base: string): ActionDocument {
  return {
    id,
    method: "POST",
    url: `${base}/{{ customer.id | url_encode }}?plan={{ customer.plan }}`,
    headers: [
      { name: "Content-Type", value: "application/json" },
      { name: "X-Campaign", value: "load-{{ customer.city | downcase }}" },
    ],
    body: BODY,
    retry: RETRY,
  };
}

const PLANS = ["gold", "silver", "bronze"] as const;
const CITIES = ["Lisbon", "Nairobi", "Osaka", "Bergen"] as const;
/** Prose rather than one letter: nothing on the way may make it small. */
const TEXT = "Thank you for being with us this spring, and see you soon. ";

/** Makes customers of so many bytes of JSON, by their place in the load. */
export function createLoadCustomers(payloadBytes: number): (index: number) => Customer {
  const make = (index: number, note: string): Customer => ({
    id: String(index),
    name: `ada lovelace ${index % 977}`,
    email: `Ada.${index % 977}@Example.com`,
    plan: PLANS[index % PLANS.length] ?? "gold",
    city: CITIES[index % CITIES.length] ?? "Lisbon",
    score: index % 1_000,
    note,
  });
  const room = Math.max(0, payloadBytes - JSON.stringify(make(99_999, "")).length);
  const note = TEXT.repeat(Math.ceil(room / TEXT.length)).slice(0, room);
  return (index) => make(index, note);
}
