// What is offered while a template is written: the filters and tags that the API's own engine has, and the
// names that the sample customers have. The parser's package knows where in a template the cursor is; what it
// would offer by itself is another dialect, and is left out.

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { liquidCompletionSource } from "@codemirror/lang-liquid";
import type { Operations } from "@postrider/client/generated";

export interface Words extends Pick<Operations["getDialect"]["reply"], "filters" | "tags" | "names"> {
  /** What stands below a path such as `["customer", "address"]`, with an example of each. */
  readonly below: (path: readonly string[]) => readonly { readonly name: string; readonly like: string }[];
}

/** A tag or an output is no longer. */
const LOOKED_CHARS = 2_000;

/** Outside of tags and outputs there is nothing to offer. @param before what stands before the cursor. */
function isInTemplate(before: string): boolean {
  const opened = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  return opened > Math.max(before.lastIndexOf("}}"), before.lastIndexOf("%}"));
}

/** Words that belong to a tag and are none by themselves. */
const INNER: Readonly<Record<string, string>> = { else: "if", elsif: "if", when: "case" };

export function completeWith(words: () => Words): (context: CompletionContext) => CompletionResult | null {
  return (context) => {
    if (!isInTemplate(context.state.sliceDoc(Math.max(0, context.pos - LOOKED_CHARS), context.pos)))
      return null;
    const { filters, tags, names, below } = words();
    const known = new Set(tags);
    const isOurs = ({ label, type }: Completion): boolean => {
      if (type === "function") return false;
      return type !== "keyword" || known.has(INNER[label] ?? label.replace(/^end/, "")) || label === "in";
    };
    const source = liquidCompletionSource({
      filters: filters.map(({ name, does, example, prints }) => ({
        label: name,
        type: "filter",
        detail: does,
        info: `${example} → ${prints}`,
      })),
      tags: tags.map((label) => ({ label, type: "tag" })),
      variables: names.map((label) => ({ label, type: "variable", boost: 1 })),
      properties: (path) =>
        below(path).map(({ name, like }) => ({ label: name, type: "property", detail: like })),
    });
    const found = source(context);
    if (found === null) return null;
    return { ...found, options: withoutRepeated(found.options.filter(isOurs)) };
  };
}

function withoutRepeated(options: readonly Completion[]): Completion[] {
  const seen = new Set<string>();
  return options.filter(({ label }) => !seen.has(label) && seen.add(label));
}
