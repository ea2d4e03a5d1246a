// What templates can be written with, as the engine itself has it registered: for editors that complete them.

import { createDialect } from "./dialect.ts";
import { CAMPAIGN_FILTERS } from "./filters/campaign-filters.ts";
import { LIQUIDJS_FILTERS } from "./filters/liquidjs-filters.ts";
import { isRefusedTag } from "./tags.ts";

export interface ListedFilter {
  readonly name: string;
  readonly does: string;
  /** A template, and what it prints. */
  readonly example: string;
  readonly prints: string;
}

export interface DialectListing {
  readonly filters: readonly ListedFilter[];
  readonly tags: readonly string[];
}

/** Every filter and tag that a template may use, by name. */
export function listDialect(): DialectListing {
  const { filters, tags } = createDialect({ failOnMissing: true });
  return {
    filters: Object.keys(filters).sort().map(toListed),
    tags: Object.keys(tags)
      .filter((name) => /^[a-z_]+$/.test(name) && !isRefusedTag(name))
      .sort(),
  };
}

function toListed(name: string): ListedFilter {
  const ours = CAMPAIGN_FILTERS[name];
  const [does, example, prints] =
    ours === undefined ? (LIQUIDJS_FILTERS[name] ?? ["", "", ""]) : [ours.does, ...ours.example];
  return { name, does, example, prints };
}
