// Fields of forms: a label that is seen, what to write below it.

import type { ComponentChildren } from "preact";
import { Labelled } from "./labelled.tsx";

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly hint?: ComponentChildren;
  readonly isNumber?: boolean;
  readonly placeholder?: string;
  readonly isRequired?: boolean;
  readonly onInput?: (value: string) => void;
}

export function Field({
  label,
  name,
  value,
  hint,
  isNumber = false,
  placeholder,
  isRequired,
  onInput,
}: FieldProps) {
  return (
    <Labelled label={label} hint={hint}>
      {(ties) => (
        <input
          {...ties}
          name={name}
          type="text"
          inputMode={isNumber ? "decimal" : "text"}
          defaultValue={value ?? ""}
          placeholder={placeholder ?? ""}
          required={isRequired === true}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => onInput?.(event.currentTarget.value)}
        />
      )}
    </Labelled>
  );
}

/** A value that is not shown while it is written, and that no browser keeps. */
export function SecretField({ label, name, hint }: Pick<FieldProps, "label" | "name" | "hint">) {
  return (
    <Labelled label={label} hint={hint}>
      {(ties) => (
        <input
          {...ties}
          name={name}
          type="password"
          required
          autocomplete="new-password"
          spellcheck={false}
        />
      )}
    </Labelled>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  /** Values with their words. */
  readonly of: readonly (readonly [string, string])[];
  readonly onChoice?: (value: string) => void;
}

export function Choice({ label, name, value, of, onChoice }: ChoiceProps) {
  return (
    <Labelled label={label}>
      {(ties) => (
        <select {...ties} name={name} onChange={(event) => onChoice?.(event.currentTarget.value)}>
          {of.map(([one, word]) => (
            <option key={one} value={one} selected={one === value}>
              {word}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface AreaProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly rows?: number;
  readonly hint?: string;
}

export function Area({ label, name, value, rows = 8, hint }: AreaProps) {
  return (
    <Labelled label={label} hint={hint} isArea>
      {(ties) => <textarea {...ties} name={name} rows={rows} defaultValue={value ?? ""} spellcheck={false} />}
    </Labelled>
  );
}

/** What was written, by name; blanks around it are nobody's intention. */
export function readForm(form: HTMLFormElement): Record<string, string> {
  const entries = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const);
  return Object.fromEntries(entries);
}
