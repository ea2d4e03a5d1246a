// Fields that are picked rather than written: a file, yes or no.

import { useId } from "preact/hooks";

interface FileFieldProps {
  readonly label: string;
  readonly name: string;
  readonly accept: string;
  readonly hint: string;
  readonly onFile?: (file: File | null) => void;
}

export function FileField({ label, name, accept, hint, onFile }: FileFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type="file"
        accept={accept}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onFile?.(event.currentTarget.files?.[0] ?? null)}
      />
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
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
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        name={name}
        type="checkbox"
        defaultChecked={isOn}
        {...(hint !== undefined && { "aria-describedby": `${id}-hint` })}
      />
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
