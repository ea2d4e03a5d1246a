// What composing one delivery costs, escaped and checked, against plain liquidjs' renderSync of the same
// templates. In this process, in CPU time, both taking turns within each round.

import { compileAction } from "@postrider/compose/compile";
import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { Liquid } from "liquidjs";
import { customers, toTemplates } from "./workload.ts";

/** One round of one set of templates. */
export interface CompositionMeasurement {
  readonly composeMicros: number;
  readonly renderSyncMicros: number;
}

interface Subject {
  readonly name: string;
  readonly action: ActionDocument;
  readonly data: readonly object[];
}

const WARM_UP = 20_000;
const CALLS = 20_000;
/** Turns are short, so that what slows the machine down meets both. */
const TURN = 500;

const people = [...customers(0, 100)];
const withOrders = people.map((person, index) => ({
  ...person,
  orders: Array.from({ length: 20 }, (_, order) => ({
    sku: `sku-${index}-${order}`,
    price: order * 3,
    note: 'with "quotes"',
  })),
}));

const SUBJECTS: readonly Subject[] = [
  {
    name: "the bench's own action",
    action: { id: "a", ...toTemplates("https://api.example.com") },
    data: people,
  },
  {
    name: "two attributes",
    action: {
      id: "a",
      url: "https://api.example.com/x",
      body: '{"name": "{{ customer.name }}", "email": "{{ customer.email }}"}',
    },
    data: people,
  },
  {
    name: "the whole customer",
    action: { id: "a", url: "https://api.example.com/x", body: "{{ customer | json }}" },
    data: people,
  },
  {
    name: "a loop of twenty orders",
    action: {
      id: "a",
      url: "https://api.example.com/x",
      body: '{"orders": [{% for o in customer.orders %}{"sku": "{{ o.sku }}", "price": {{ o.price }}, "note": {{ o.note | json }}}{% unless forloop.last %},{% endunless %}{% endfor %}]}',
    },
    data: withOrders,
  },
  {
    name: "a form of three values",
    action: {
      id: "a",
      url: "https://api.example.com/{{ customer.id | url_encode }}",
      headers: [{ name: "Content-Type", value: "x-www-form-urlencoded" }],
      body: "name={{ customer.name | url_encode }}&email={{ customer.email | url_encode }}&city={{ customer.city | url_encode }}",
    },
    data: people,
  },
];

/** All sets of templates, for so many rounds. */
export function measureComposition(rounds: number): Map<string, CompositionMeasurement[]> {
  return new Map(
    SUBJECTS.map(({ name, action, data }) => {
      const compose = toCompose(action, data);
      const render = toRenderSync(action, data);
      cpuMicros(compose, WARM_UP);
      cpuMicros(render, WARM_UP);
      return [name, Array.from({ length: rounds }, () => takeTurns(compose, render))];
    }),
  );
}

function takeTurns(compose: Call, render: Call): CompositionMeasurement {
  let composed = 0;
  let rendered = 0;
  for (let done = 0; done < CALLS; done += TURN) {
    composed += cpuMicros(compose, TURN);
    rendered += cpuMicros(render, TURN);
  }
  return { composeMicros: composed / CALLS, renderSyncMicros: rendered / CALLS };
}

/** One delivery, of the customer numbered so. */
type Call = (index: number) => void;

function cpuMicros(call: Call, times: number): number {
  const before = process.cpuUsage();
  for (let index = 0; index < times; index++) call(index);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function toCompose(document: ActionDocument, data: readonly object[]): Call {
  const compiled = compileAction(parseAction(document));
  return (index) => {
    const scope = { customer: data[index % data.length] };
    const composed = compiled.compose({ id: "delivery", dueAt: 0 }, scope);
    if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  };
}

/** URL, headers and body, and nothing else that composing does. */
function toRenderSync({ url, headers = [], body = "" }: ActionDocument, data: readonly object[]): Call {
  const liquid = new Liquid({ strictVariables: true, strictFilters: true, ownPropertyOnly: true });
  const templates = [url, ...headers.map(({ value }) => value), body].map((source) => liquid.parse(source));
  return (index) => {
    const scope = { customer: data[index % data.length] };
    for (const template of templates) liquid.renderSync(template, scope);
  };
}
