// The latest document of an action to go on from, without what the store adds to it by itself.

import type { Operations } from "@postrider/client/generated";
import { useAsk } from "../../session/use-ask.ts";
import { Edit } from "./edit.tsx";

type Shown = Operations["getAction"]["reply"];

interface Props {
  readonly shown: Shown;
  readonly done: () => void;
}

export function EditSaved({ shown, done }: Props) {
  const { data, error } = useAsk("listSnippets", {});
  // A token that is narrowed may not see them; then the document is edited as it is.
  if (data === null && error === null) return <p class="loading">Looking …</p>;
  const action = withoutStored(shown.action, data?.snippets ?? []);
  return <Edit key={shown.version} saved={{ ...shown, action }} done={done} />;
}

/** A snippet of the store that was saved again as the action's own would no longer follow the store. */
function withoutStored(
  action: Shown["action"],
  stored: readonly { readonly name: string; readonly text: string }[],
): Readonly<Record<string, unknown>> {
  const { snippets = {}, ...rest } = action as { readonly snippets?: Readonly<Record<string, string>> };
  const texts = new Map(stored.map(({ name, text }) => [name, text]));
  const own = Object.entries(snippets).filter(([name, text]) => texts.get(name) !== text);
  return own.length === 0 ? rest : { ...rest, snippets: Object.fromEntries(own) };
}
