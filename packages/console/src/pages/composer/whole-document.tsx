// The whole action as one JSON document, with what has no field of its own.

import { useMemo } from "preact/hooks";
import type { Marked } from "../../editor/code-editor.ts";
import type { Words } from "../../editor/complete.ts";
import { Editor } from "../../editor/editor.tsx";
import type { Draft } from "./use-draft.ts";

interface Props {
  readonly draft: Draft;
  readonly words: () => Words;
  readonly marked: readonly Marked[];
}

const NONE: readonly never[] = [];

export function WholeDocument({ draft, words, marked }: Props) {
  const { text, textProblem, changeText } = draft;
  const problems = useMemo(
    () => (textProblem === null ? marked : [toMarked(text, textProblem)]),
    [marked, text, textProblem],
  );
  return (
    <>
      <Editor
        label="The document, as JSON"
        syntax="document"
        text={text}
        words={words}
        problems={problems}
        landings={NONE}
        onChange={changeText}
      />
      <p class="hint">
        Retries, limits, signing, secrets and the rest have no fields above: they are written here, and{" "}
        <a href="../docs">the API&apos;s page</a> names them all.
      </p>
    </>
  );
}

/** The place that the parser names, where it does. */
function toMarked(text: string, message: string): Marked {
  const [, at] = /position (\d+)/.exec(message) ?? [];
  if (at === undefined) return { severity: "error", path: [], message };
  const before = text.slice(0, Number(at)).split("\n");
  return {
    severity: "error",
    path: [],
    line: before.length,
    column: (before.at(-1) ?? "").length + 1,
    message,
  };
}
