// How the editor looks: the page's own colours, which follow light and dark by themselves. Its sheets are
// constructed, so that they stand under `style-src 'self'`.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", fontSize: "0.9em" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)", padding: "0.35rem 0" },
  ".cm-line": { padding: "0 0.65rem" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--faint)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2rem", padding: "0 0.3rem 0 0.5rem" },
  ".cm-tooltip": {
    color: "var(--text)",
    backgroundColor: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: "8px",
    boxShadow: "0 4px 16px rgb(0 0 0 / 18%)",
    maxWidth: "min(28rem, 90vw)",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "14rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.6rem", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    color: "var(--on-accent)",
    backgroundColor: "var(--accent)",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal", opacity: "0.85", marginLeft: "0.8rem" },
  ".cm-completionInfo": { padding: "0.5rem 0.7rem", fontFamily: "var(--font)" },
  ".cm-lands": { borderRadius: "3px", backgroundColor: "var(--accent-ground)" },
  ".cm-landing": { padding: "0.4rem 0.65rem" },
  ".cm-diagnostic": { padding: "0.4rem 0.65rem", borderLeftWidth: "4px", fontFamily: "var(--font)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-lintRange": {
    backgroundImage: "none",
    paddingBottom: "0",
    textDecoration: "underline wavy var(--warn)",
    textDecorationSkipInk: "none",
    textUnderlineOffset: "0.2em",
  },
  ".cm-lintRange-error": { textDecorationColor: "var(--bad)", backgroundColor: "var(--bad-ground)" },
  ".cm-lintRange-active": { backgroundColor: "var(--warn-ground)" },
  ".cm-lintPoint::after": { borderBottomColor: "var(--bad)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--quiet-ground)" },
  ".cm-specialChar": { color: "var(--bad)" },
});

const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword], color: "var(--series-6)" },
  { tag: [tags.brace], color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.variableName], color: "var(--accent)" },
  { tag: [tags.function(tags.variableName)], color: "var(--series-5)" },
  { tag: [tags.propertyName, tags.attributeName, tags.tagName], color: "var(--accent)" },
  { tag: [tags.string, tags.attributeValue], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--warn)" },
  { tag: [tags.lineComment, tags.blockComment], color: "var(--faint)", fontStyle: "italic" },
]);

export const look: Extension = [theme, syntaxHighlighting(highlighting)];
