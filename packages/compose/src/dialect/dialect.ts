// The Liquid dialect: the one place that makes a liquidjs engine, with every limit written out.
// Templates read own properties of the data that they are given, and nothing else: no files, no partials.

import { Liquid } from "liquidjs";
import { TEXT_FILTERS } from "../escape/encoded.ts";
import { printJson } from "../escape/print.ts";
import { COMPOSE_LIMITS, type ComposeLimits } from "../limits.ts";
import { registerListFilters } from "./filters/list-filters.ts";
import { registerFilters } from "./filters/register.ts";
import { OPERATORS } from "./operators.ts";
import { registerTags } from "./tags.ts";

/** Characters of one template; the action's schema refuses longer ones first. */
const PARSE_CHARS_MAX = 262_144;

export interface Dialect {
  readonly failOnMissing: boolean;
  /** The field that is being compiled, so that each draws chance of its own. */
  readonly field?: string;
  /** Texts that templates see as `snippets`. */
  readonly snippets?: Readonly<Record<string, string>>;
  readonly limits?: ComposeLimits;
}

/** An engine for the templates of one field: strict about what is missing when asked to be. */
export function createDialect({
  failOnMissing,
  field = "",
  snippets = {},
  limits = COMPOSE_LIMITS,
}: Dialect): Liquid {
  const liquid = new Liquid({
    strictVariables: failOnMissing,
    strictFilters: true,
    // A condition or `default` handles what is missing: that is what they are for.
    lenientIf: true,
    ownPropertyOnly: true,
    cache: false,
    // An empty mapping takes the file system's place: `include`, `render` and `layout` find nothing.
    templates: {},
    globals: { snippets },
    operators: OPERATORS as never,
    dynamicPartials: false,
    relativeReference: false,
    // The server's own zone would make a request depend on the machine that sends it.
    timezoneOffset: 0,
    locale: "en-US",
    parseLimit: PARSE_CHARS_MAX,
    renderLimit: limits.renderMsMax,
    memoryLimit: limits.renderMemoryMax,
  });
  registerFilters(liquid);
  registerListFilters(liquid);
  for (const name of TEXT_FILTERS) acceptObjects(liquid, name);
  registerTags(liquid, field);
  return liquid;
}

type FilterFunction = (this: unknown, value: unknown, ...args: unknown[]) => unknown;

function acceptObjects(liquid: Liquid, name: string): void {
  const filter = liquid.filters[name] as FilterFunction | undefined;
  if (typeof filter !== "function") throw new Error(`liquidjs has no filter ${name}`);
  liquid.registerFilter(name, function (this: unknown, value: unknown, ...args: unknown[]) {
    const text = typeof value === "object" && value !== null ? printJson(value) : value;
    return filter.call(this, text, ...args);
  });
}
