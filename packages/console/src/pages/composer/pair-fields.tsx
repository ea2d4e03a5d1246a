// An ordered list of names with values, such as headers: each value is a template.

import type { Marked } from "../../editor/code-editor.ts";
import type { Words } from "../../editor/complete.ts";
import { Editor } from "../../editor/editor.tsx";
import type { Lands } from "../../editor/landings.ts";
import { makeVisible } from "../../words/visible.ts";
import type { Pair } from "./action-document.ts";

interface Props {
  /** Of one of them, such as `header`. */
  readonly what: string;
  readonly pairs: readonly Pair[];
  readonly onChange: (pairs: readonly Pair[]) => void;
  readonly words: () => Words;
  /** Of the list's n-th name or value. */
  readonly problemsOf: (index: number, part: keyof Pair) => readonly Marked[];
  readonly landingsOf: (index: number) => readonly Lands[];
}

export function PairFields({ what, pairs, onChange, words, problemsOf, landingsOf }: Props) {
  const change = (index: number, changes: Partial<Pair>): void =>
    onChange(pairs.map((pair, at) => (at === index ? { ...pair, ...changes } : pair)));
  return (
    <div class="pairs">
      {pairs.map((pair, index) => (
        // Lists are edited in place: a pair is the same as long as its place is.
        <div class="pair" key={index}>
          <PairName
            label={`Name of ${what} ${index + 1}`}
            name={pair.name}
            problems={problemsOf(index, "name")}
            onChange={(name) => change(index, { name })}
          />
          <Editor
            label={`Value of ${what} ${index + 1}`}
            isLabelUnseen
            isSingleLine
            syntax="text"
            text={pair.value}
            words={words}
            problems={problemsOf(index, "value")}
            landings={landingsOf(index)}
            onChange={(value) => change(index, { value })}
          />
          <button
            type="button"
            class="plain"
            aria-label={`Remove ${what} ${index + 1}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== index))}
          >
            Remove
          </button>
        </div>
      ))}
      <button type="button" class="small" onClick={() => onChange([...pairs, { name: "", value: "" }])}>
        Add a {what}
      </button>
    </div>
  );
}

interface PairNameProps {
  readonly label: string;
  readonly name: string;
  readonly problems: readonly Marked[];
  readonly onChange: (name: string) => void;
}

function PairName({ label, name, problems, onChange }: PairNameProps) {
  return (
    <div class="field">
      <input
        type="text"
        aria-label={label}
        value={name}
        autocomplete="off"
        spellcheck={false}
        aria-invalid={problems.length > 0}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {problems.map(({ message }) => (
        <p class="field-problem" key={message}>
          {makeVisible(message)}
        </p>
      ))}
    </div>
  );
}
