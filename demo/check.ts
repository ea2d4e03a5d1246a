// Holds the receiver's own record against what was asked for: who got what, what was lost, altered or sent
// twice.

import { isDeepStrictEqual } from "node:util";
import type { DemoCustomer } from "./customers.ts";
import type { Received } from "./receiver.ts";

export interface Checked {
  readonly delivered: number;
  /** Neither accepted by the receiver nor among the dead letters. */
  readonly lost: number;
  /** Among the dead letters although the receiver never refused them for good. */
  readonly wronglyFailed: number;
  /** Accepted, and not what was asked for. */
  readonly altered: number;
  /** Accepted more than once. */
  readonly duplicates: number;
  /** Deliveries whose requests differ from each other under one key. */
  readonly inconsistent: number;
  /** Requests that nobody asked for. */
  readonly unexpected: number;
  /** The first few things that went wrong, for people. */
  readonly examples: readonly string[];
}

/** One action's side of the check: the customer whom a request is for, and whether it is right. */
export interface Expectation {
  /** The path that its requests begin with. */
  readonly path: string;
  readonly customerIdOf: (received: Received) => string | null;
  readonly isRight: (received: Received, customer: DemoCustomer) => boolean;
}

const EXAMPLES_MAX = 10;

/** Answers after which no other attempt may be made. */
const REFUSALS = new Set([400, 410]);

type Wrong = {
  readonly kind: "lost" | "wronglyFailed" | "altered" | "inconsistent" | "unexpected";
  readonly what: string;
};

/** Checks one action's run. `failed` holds the ids of customers whose delivery is a dead letter. */
export function check(
  expectation: Expectation,
  customers: ReadonlyMap<string, DemoCustomer>,
  record: readonly Received[],
  failed: ReadonlySet<string>,
): Checked {
  const wrongs: Wrong[] = [];
  const accepted = new Set<string>();
  let duplicates = 0;
  for (const requests of groupByKey(
    record.filter(({ path }) => path.startsWith(expectation.path)),
  ).values()) {
    const [first, ...more] = requests.filter(({ status }) => status === 200);
    if (requests.some((request) => !isSame(request, requests[0])))
      wrongs.push({ kind: "inconsistent", what: requests[0]?.key ?? "" });
    if (first === undefined) continue;
    const id = expectation.customerIdOf(first) ?? "";
    if (more.length > 0 || accepted.has(id)) duplicates += 1;
    accepted.add(id);
    wrongs.push(...judge(first, id, customers.get(id), expectation));
  }
  const note = (kind: Wrong["kind"], ids: readonly string[]) =>
    wrongs.push(...ids.map((id) => ({ kind, what: id })));
  const refused = refusedIn(record, expectation);
  note(
    "lost",
    [...customers.keys()].filter((id) => !accepted.has(id) && !failed.has(id)),
  );
  note(
    "wronglyFailed",
    [...failed].filter((id) => !refused.has(id)),
  );
  return summarize(wrongs, accepted.size, duplicates, expectation.path);
}

/** The customers whose requests the receiver refused for good. */
function refusedIn(record: readonly Received[], { path, customerIdOf }: Expectation): ReadonlySet<string> {
  const refusals = record.filter(
    (received) => REFUSALS.has(received.status) && received.path.startsWith(path),
  );
  return new Set(refusals.map((refusal) => customerIdOf(refusal) ?? ""));
}

function judge(
  request: Received,
  id: string,
  customer: DemoCustomer | undefined,
  { isRight }: Expectation,
): Wrong[] {
  const what = `${id}: ${request.body.slice(0, 100)}`;
  if (customer === undefined) return [{ kind: "unexpected", what }];
  return isRight(request, customer) ? [] : [{ kind: "altered", what }];
}

function summarize(wrongs: readonly Wrong[], delivered: number, duplicates: number, path: string): Checked {
  const count = (wanted: Wrong["kind"]): number => wrongs.filter(({ kind }) => kind === wanted).length;
  return {
    delivered,
    duplicates,
    lost: count("lost"),
    wronglyFailed: count("wronglyFailed"),
    altered: count("altered"),
    inconsistent: count("inconsistent"),
    unexpected: count("unexpected"),
    examples: wrongs.slice(0, EXAMPLES_MAX).map(({ kind, what }) => `${path} ${kind}: ${what}`),
  };
}

function isSame(a: Received, b: Received | undefined): boolean {
  return a.body === b?.body && a.path === b.path && a.authorization === b.authorization;
}

function groupByKey(record: readonly Received[]): Map<string, Received[]> {
  const groups = new Map<string, Received[]>();
  for (const received of record) {
    const group = groups.get(received.key);
    if (group === undefined) groups.set(received.key, [received]);
    else group.push(received);
  }
  return groups;
}

/** As JSON parses it, which is what the receiver sees. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const BASIC = `Basic ${Buffer.from("demo:p@ss").toString("base64")}`;

/** What each of the demo's actions must come to. */
export const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  "crm-update": {
    path: "/crm/",
    customerIdOf: ({ path }) => decodeURIComponent(path.slice("/crm/".length)),
    isRight: ({ body, customerHeader }, { id, email, plan }) =>
      isDeepStrictEqual(parse(body), { email, plan }) && decodeForm(customerHeader ?? "") === String(id),
  },
  "warehouse-sync": {
    path: "/warehouse",
    customerIdOf({ body }) {
      const value = parse(body);
      return typeof value === "object" && value !== null && "id" in value ? String(value.id) : null;
    },
    isRight: ({ body }, customer) => isDeepStrictEqual(parse(body), customer),
  },
  "newsletter-form": {
    path: "/newsletter",
    customerIdOf: ({ body }) => new URLSearchParams(body).get("id"),
    isRight({ body, authorization }, customer) {
      const expected = [
        ["id", String(customer.id)],
        ["email", customer.email],
        ["first name", String(customer["first_name"])],
        ["plan", customer.plan ?? "none"],
      ];
      return authorization === BASIC && isDeepStrictEqual([...new URLSearchParams(body)], expected);
    },
  },
};

/** Outside of a URL's path `url_encode` writes a space as a plus, as Liquid always has. */
function decodeForm(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
