// What all fields of a form have around them: a label that is seen, and what to write below it.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** What ties a field to its label and its hint. */
export interface Ties {
  readonly id: string;
  readonly "aria-describedby"?: string;
}

/** @returns a new field's ties. */
export function useTies(hint: ComponentChildren): Ties {
  const id = useId();
  return hint === undefined ? { id } : { id, "aria-describedby": toHintId(id) };
}

function toHintId(id: string): string {
  return `${id}-hint`;
}

/** @param of the id of the field that it is about. */
export function Hint({ of, children }: { readonly of: string; readonly children: ComponentChildren }) {
  if (children === undefined) return null;
  return (
    <p class="hint" id={toHintId(of)}>
      {children}
    </p>
  );
}

interface LabelledProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly isArea?: boolean;
  readonly children: (ties: Ties) => ComponentChildren;
}

export function Labelled({ label, hint, isArea = false, children }: LabelledProps) {
  const ties = useTies(hint);
  return (
    <div class={isArea ? "field area" : "field"}>
      <label for={ties.id}>{label}</label>
      {children(ties)}
      <Hint of={ties.id}>{hint}</Hint>
    </div>
  );
}
