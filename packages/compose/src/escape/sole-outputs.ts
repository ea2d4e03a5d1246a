// Captures whose text is what one output prints, whichever way a template takes: what that output's filter
// has made fit for a place, the captured text is fit for.

import type { Template } from "liquidjs";
import { bodiesOf, CONDITIONS, isPrinting, isSilent, isSnippet, textOf } from "./places.ts";

/** The outputs that are all of a capture's text, one on each way; none where there is more to it. */
export function soleOutputsOf({ templates }: { readonly templates: readonly Template[] }): Template[] {
  return findIn(templates) ?? [];
}

/** Null where there is more. A branch may be a plain word, which reads the same escaped or not. */
function findIn(nodes: readonly Template[]): Template[] | null {
  const [node, ...others] = nodes.filter((one) => !isSilent(one) && textOf(one)?.trim() !== "");
  if (node === undefined) return [];
  if (others.length > 0) return null;
  if (isPrinting(node)) return [node];
  const text = textOf(node);
  if (text !== null) return /^\s*[\w.~-]+\s*$/.test(text) ? [] : null;
  if (isSnippet(node)) return findIn(node.templates);
  if (!CONDITIONS.some((kind) => node instanceof kind)) return null;
  const found = bodiesOf(node).map(findIn);
  return found.includes(null) ? null : found.flatMap((outputs) => outputs ?? []);
}
