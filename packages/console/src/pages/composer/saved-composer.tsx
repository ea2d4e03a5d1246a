// The composer of a saved action: its latest document to go on from, without what the store adds to it by
// itself.

import type { Operations } from "@postrider/client/generated";
import { useMemo } from "preact/hooks";
import { useAsk } from "../../session/use-ask.ts";
import type { ActionFields } from "./action-document.ts";
import { Composer } from "./composer.tsx";

type Shown = Operations["getAction"]["reply"];

interface Props {
  readonly shown: Shown;
  readonly onSaved: () => void;
}

export function SavedComposer({ shown, onSaved }: Props) {
  const { data, error } = useAsk("listSnippets", {});
  // A token that is narrowed may not see them; then the document is edited as it is.
  const isKnown = data !== null || error !== null;
  const document = useMemo(() => toDocument(shown, data?.snippets ?? []), [shown, data]);
  if (!isKnown) return <p class="loading">Looking …</p>;
  const { id, version } = shown;
  return <Composer key={version} saved={{ id, version, document }} onSaved={onSaved} />;
}

/** A snippet of the store that was saved again as the action's own would no longer follow the store. */
function toDocument(
  { action, examples }: Shown,
  stored: readonly { readonly name: string; readonly text: string }[],
): ActionFields {
  const {
    snippets = {},
    id: _,
    ...rest
  } = action as { readonly snippets?: Readonly<Record<string, string>>; readonly id?: string };
  const texts = new Map(stored.map(({ name, text }) => [name, text]));
  const own = Object.entries(snippets).filter(([name, text]) => texts.get(name) !== text);
  return {
    ...rest,
    ...(own.length > 0 && { snippets: Object.fromEntries(own) }),
    ...(examples.length > 0 && { examples }),
  };
}
