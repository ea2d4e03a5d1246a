// Fields that are picked rather than written: a file, yes or no.

import { Hint, Labelled, useTies } from "./labelled.tsx";

interface FileFieldProps {
  readonly label: string;
  readonly name: string;
  readonly accept: string;
  readonly hint: string;
  readonly onFile?: (file: File | null) => void;
}

export function FileField({ label, name, accept, hint, onFile }: FileFieldProps) {
  return (
    <Labelled label={label} hint={hint}>
      {(ties) => (
        <input
          {...ties}
          name={name}
          type="file"
          accept={accept}
          onChange={(event) => onFile?.(event.currentTarget.files?.[0] ?? null)}
        />
      )}
    </Labelled>
  );
}

interface CheckProps {
  readonly label: string;
  readonly name: string;
  readonly isOn?: boolean;
  readonly hint?: string;
}

/** In a form that is read, `on` where it is ticked. */
export function Check({ label, name, isOn = false, hint }: CheckProps) {
  const ties = useTies(hint);
  return (
    <div class="check">
      <input {...ties} name={name} type="checkbox" defaultChecked={isOn} />
      <label for={ties.id}>{label}</label>
      <Hint of={ties.id}>{hint}</Hint>
    </div>
  );
}
