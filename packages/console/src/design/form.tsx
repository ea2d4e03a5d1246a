// Fields of forms: a label that is seen, what to write below it.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

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
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type="text"
        inputMode={isNumber ? "decimal" : "text"}
        defaultValue={value ?? ""}
        placeholder={placeholder ?? ""}
        required={isRequired === true}
        autocomplete="off"
        spellcheck={false}
        {...(hint !== undefined && { "aria-describedby": `${id}-hint` })}
        onInput={(event) => onInput?.(event.currentTarget.value)}
      />
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** A value that is not shown while it is written, and that no browser keeps. */
export function SecretField({ label, name, hint }: Pick<FieldProps, "label" | "name" | "hint">) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type="password"
        required
        autocomplete="new-password"
        spellcheck={false}
        aria-describedby={`${id}-hint`}
      />
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
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
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} onChange={(event) => onChoice?.(event.currentTarget.value)}>
        {of.map(([one, word]) => (
          <option key={one} value={one} selected={one === value}>
            {word}
          </option>
        ))}
      </select>
    </div>
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
  const id = useId();
  return (
    <div class="field area">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={rows}
        defaultValue={value ?? ""}
        spellcheck={false}
        {...(hint !== undefined && { "aria-describedby": `${id}-hint` })}
      />
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** What was written, by name; blanks around it are nobody's intention. */
export function readForm(form: HTMLFormElement): Record<string, string> {
  const entries = [...new FormData(form)].map(([name, value]) => [name, String(value).trim()] as const);
  return Object.fromEntries(entries);
}
