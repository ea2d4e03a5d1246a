// A plain text field that is controlled: samples are data, and no templates.

import { useId } from "preact/hooks";

interface Props {
  readonly label: string;
  readonly rows: number;
  readonly text: string;
  readonly onInput: (text: string) => void;
}

export function SampleArea({ label, rows, text, onInput }: Props) {
  const id = useId();
  return (
    <div class="field area">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        value={text}
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </div>
  );
}
