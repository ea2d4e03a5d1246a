// The filter that deliveries and dead letters share, as a form whose fields stand in the address.

import { REASON_NAMES } from "@postrider/shared/outcome";
import type { ComponentChildren } from "preact";
import { Choice, Field, readForm } from "../design/form.tsx";
import { address, go, toHref } from "../platform/address.ts";

export const FILTER_NAMES = [
  "customer",
  "run",
  "action",
  "destination",
  "state",
  "outcome",
  "reason",
  "label",
  "lane",
  "from",
  "to",
] as const;
export type FilterName = (typeof FILTER_NAMES)[number];
export type Filter = Partial<Record<FilterName, string>>;

const TEXTS: Readonly<Partial<Record<FilterName, readonly [label: string, example: string]>>> = {
  customer: ["Customer's id", "c-4711"],
  run: ["Run", "spring"],
  action: ["Action", "welcome or welcome@3"],
  destination: ["Destination", "https://api.example.com"],
  label: ["Label", "vip"],
  lane: ["Lane", "bulk"],
  from: ["From (UTC)", "2026-11-29T05:00:00Z"],
  to: ["To (UTC)", "2026-11-29T06:00:00Z"],
};

const ANY = ["", "any"] as const;
const CHOICES: Readonly<
  Partial<Record<FilterName, readonly [string, readonly (readonly [string, string])[]]>>
> = {
  state: ["State", [ANY, ["waiting", "waiting"], ["in-flight", "in flight"], ["ended", "ended"]]],
  outcome: [
    "Outcome",
    [
      ANY,
      ["delivered", "delivered"],
      ["failed", "failed"],
      ["expired", "expired"],
      ["cancelled", "cancelled"],
    ],
  ],
  reason: ["Reason", [ANY, ...REASON_NAMES.map((name) => [name, name] as const)]],
};

/** What the address says of it. */
export function filterOf(names: readonly FilterName[]): Filter {
  const { query } = address.value;
  return Object.fromEntries(
    names.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])),
  );
}

/** As words: `run spring, reason timeout`. */
export function sayFilter(filter: Filter): string {
  return Object.entries(filter)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

interface Props {
  readonly names: readonly FilterName[];
  /** Shown at once; the others behind a word. */
  readonly first: number;
  readonly children?: ComponentChildren;
}

export function FilterForm({ names, first, children }: Props) {
  const { path, query } = address.value;
  const isSet = names.slice(first).some((name) => query[name] !== undefined);
  return (
    <search>
      {" "}
      <form
        class="stack"
        // A form keeps what was written in it; another filter makes another form.
        key={names.map((name) => query[name] ?? "").join("\n")}
        onSubmit={(event) => {
          event.preventDefault();
          go(toHref(path, { ...readForm(event.currentTarget), by: query["by"] }));
        }}
      >
        <div class="filter">{names.slice(0, first).map(toField)}</div>
        <details open={isSet}>
          <summary>More to filter by</summary>
          <div class="filter">{names.slice(first).map(toField)}</div>
        </details>
        <div class="form-foot">
          <button type="submit" class="primary">
            Find
          </button>
          <a class="button" href={toHref(path)}>
            Clear
          </a>
          {children}
        </div>
      </form>
    </search>
  );
}

function toField(name: FilterName) {
  const value = address.value.query[name] ?? "";
  const choice = CHOICES[name];
  if (choice !== undefined) {
    const [label, of] = choice;
    return <Choice key={name} label={label} name={name} value={value} of={of} />;
  }
  const [label = name, example = ""] = TEXTS[name] ?? [];
  return <Field key={name} label={label} name={name} value={value} placeholder={example} />;
}
