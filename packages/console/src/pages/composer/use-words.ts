// What completion offers: the engine's filters and tags as the API tells them, and the attributes of the
// samples.

import { useRef } from "preact/hooks";
import type { Words } from "../../editor/complete.ts";
import { useAsk } from "../../session/use-ask.ts";
import type { ActionFields } from "./action-document.ts";
import { attributesBelow } from "./sample-words.ts";
import type { Samples } from "./use-samples.ts";

export interface Told {
  readonly words: () => Words;
  /** What is done to a value, by its place. */
  readonly places: Readonly<Record<string, string>>;
}

const NONE = { filters: [], tags: [], names: [], places: {} };

export function useWords({ customers, event, values }: Samples, document: ActionFields): Told {
  const { data } = useAsk("getDialect", {});
  const { filters, tags, names, places } = data ?? NONE;
  const roots = {
    ...Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, [value]])),
    customer: customers,
    event: event === undefined ? [] : [event],
    secrets: [toNamed(document["secrets"])],
    snippets: [document["snippets"]],
  };
  const latest = useRef<Words>({ filters, tags, names, below: () => [] });
  latest.current = { filters, tags, names, below: (path) => attributesBelow(roots, path) };
  return { words: () => latest.current, places };
}

/** The names that the document lists, as attributes. */
function toNamed(names: unknown): Record<string, string> {
  return Array.isArray(names)
    ? Object.fromEntries(names.map((name) => [String(name), "a stored secret"]))
    : {};
}
