// Text that takes the place of a selection, also of one that a script has made.

import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { Span } from "./where.ts";

/**
 * Browsers would keep the colours of what was selected in styles that stand inline, which the page forbids:
 * so they put in nothing, and the editor does.
 */
const putIn: Extension = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { inputType, data, isComposing } = event;
    if (inputType !== "insertText" || data === null || isComposing) return false;
    const { from, to } = selectedIn(view);
    if (from === to) return false;
    const insert = () =>
      view.state.update({
        changes: { from, to, insert: data },
        selection: { anchor: from + view.state.toText(data).length },
        ...{ userEvent: "input.type", scrollIntoView: true },
      });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, data, insert))) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});

/**
 * What fills fields in (dictation, tools of testers) gives the focus and selects at once. The browser tells
 * the editor a moment later, and whatever is drawn before would put back the selection that the editor knows.
 */
const takeUp: Extension = EditorView.domEventObservers({
  focus(_, view) {
    queueMicrotask(() => {
      if (!view.hasFocus || !view.state.selection.main.empty) return;
      const { from, to } = selectedIn(view);
      if (from !== to) view.dispatch({ selection: { anchor: from, head: to } });
    });
  },
});

export const overSelection: Extension = [putIn, takeUp];

const NOTHING = { anchorNode: null, anchorOffset: 0, focusNode: null, focusOffset: 0 } as const;

/** What is selected: by what the editor knows, or else by what the browser has selected a moment ago. */
function selectedIn(view: EditorView): Span {
  const { main } = view.state.selection;
  // Chromium alone tells of selections within a root; elsewhere the editor has read it by now.
  const { getSelection } = view.root as Partial<Pick<Document, "getSelection">>;
  const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection?.call(view.root) ?? NOTHING;
  const isWithin = view.contentDOM.contains(anchorNode) && view.contentDOM.contains(focusNode);
  if (!main.empty || anchorNode === null || focusNode === null || !isWithin) return main;
  const ends = [view.posAtDOM(anchorNode, anchorOffset), view.posAtDOM(focusNode, focusOffset)];
  return { from: Math.min(...ends), to: Math.max(...ends) };
}
