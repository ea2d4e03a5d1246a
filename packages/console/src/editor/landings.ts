// Where each value lands: the outputs of a template are marked, and what is done to their values is told to
// whoever points at them.

import { type EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, hoverTooltip } from "@codemirror/view";
import { type Span, type Spot, spanAt } from "./where.ts";

export interface Lands extends Spot {
  readonly expression: string;
  /** What is done to the value there, in words. */
  readonly told: string;
}

const landed = StateEffect.define<readonly Lands[]>();

/** Shows these from now on, where their expressions still stand. */
export function setLandings(view: EditorView, all: readonly Lands[]): void {
  view.dispatch({ effects: landed.of(all) });
}

interface Landed {
  readonly all: readonly (Lands & Span)[];
  readonly marks: DecorationSet;
}

const MARK = Decoration.mark({ class: "cm-lands" });

function toLanded(state: EditorState, given: readonly Lands[]): Landed {
  const text = state.doc.toString();
  const all = given
    .map((one) => ({ ...one, ...spanAt(text, one) }))
    // What was told of an earlier text is not there any more.
    .filter(({ from, to, expression }) => to > from && text.startsWith(expression, from))
    .sort((a, b) => a.from - b.from);
  return { all, marks: Decoration.set(all.map(({ from, to }) => MARK.range(from, to))) };
}

const landedField = StateField.define<Landed>({
  create: () => ({ all: [], marks: Decoration.none }),
  update(value, transaction) {
    for (const effect of transaction.effects)
      if (effect.is(landed)) return toLanded(transaction.state, effect.value);
    return transaction.docChanged ? toLanded(transaction.state, value.all) : value;
  },
  provide: (field) => EditorView.decorations.from(field, ({ marks }) => marks),
});

export const landings: Extension = [
  landedField,
  hoverTooltip((view, at) => {
    const found = view.state.field(landedField).all.find(({ from, to }) => from <= at && at <= to);
    if (found === undefined) return null;
    return {
      pos: found.from,
      end: found.to,
      above: true,
      create() {
        const dom = document.createElement("div");
        dom.className = "cm-landing";
        dom.textContent = found.told;
        return { dom };
      },
    };
  }),
];
