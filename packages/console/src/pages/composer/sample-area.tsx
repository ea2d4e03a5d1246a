// A plain text field that is controlled: samples are data, and no templates.

import { Labelled } from "../../design/labelled.tsx";

interface Props {
  readonly label: string;
  readonly rows: number;
  readonly text: string;
  readonly onInput: (text: string) => void;
}

export function SampleArea({ label, rows, text, onInput }: Props) {
  return (
    <Labelled label={label} isArea>
      {(ties) => (
        <textarea
          {...ties}
          rows={rows}
          value={text}
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}
