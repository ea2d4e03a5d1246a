// The editor of templates: CodeMirror with Liquid over JSON, XML or plain text, problems underlined where
// they stand, and the place that each value lands in told by pointing at it. Loaded with the first page that
// needs it. Tab is never taken: it goes on to the next field.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { history, historyKeymap, indentLess, indentMore, standardKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { liquid } from "@codemirror/lang-liquid";
import { xml } from "@codemirror/lang-xml";
import { bracketMatching } from "@codemirror/language";
import { type Diagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { completeWith, type Words } from "./complete.ts";
import { type Lands, landings, setLandings } from "./landings.ts";
import { look } from "./look.ts";
import { overSelection } from "./over-selection.ts";
import { type Span, type Spot, spanAt, spanInJson } from "./where.ts";

export type Syntax = "json" | "xml" | "text" | "document";

export interface Marked extends Spot {
  readonly severity: "error" | "warning";
  readonly message: string;
  /** It is wrong in what comes of the text: no place of the text itself is underlined for it. */
  readonly isOfResult?: boolean;
  /** Of the value within a document. */
  readonly path: readonly string[];
}

export interface EditorOptions {
  readonly text: string;
  readonly syntax: Syntax;
  readonly isSingleLine: boolean;
  readonly label: string;
  /** How it is used, for who cannot see that. */
  readonly help: string;
  readonly words: () => Words;
  readonly onChange: (text: string) => void;
}

/** Of a plain field, in UTF-16 code units of its text. */
export interface PlainSelection {
  readonly start: number;
  readonly end: number;
}

export interface CodeEditor {
  /** @returns whether another one stood there. */
  setText(text: string): boolean;
  mark(problems: readonly Marked[]): void;
  setLandings(all: readonly Lands[]): void;
  /** Goes on where a plain field was being written in. */
  takeOver(selection: PlainSelection): void;
  /** Puts the cursor at a spot. */
  goTo(problem: Marked): void;
  destroy(): void;
}

const DESCRIPTION = "description";

const BASES = { json, document: json, xml } as const;

export function createCodeEditor(parent: HTMLElement, options: EditorOptions): CodeEditor {
  const { syntax, help } = options;
  // Only in a root of its own are its styles constructed sheets, which `style-src 'self'` allows.
  const root = parent.attachShadow({ mode: "open" });
  const description = document.createElement("p");
  description.id = DESCRIPTION;
  description.hidden = true;
  description.textContent = help;
  root.append(description);
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({ doc: options.text, extensions: toExtensions(options) }),
  });
  const textNow = (): string => view.state.doc.toString();
  const spanOf = (problem: Marked): Span =>
    syntax === "document" ? spanInJson(textNow(), problem.path, problem) : spanAt(textNow(), problem);
  return {
    setText(given) {
      // As the editor has it, which would take every other line break for a change.
      const text = given.replace(/\r\n?/g, "\n");
      if (text === textNow()) return false;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      return true;
    },
    mark(problems) {
      const diagnostics = problems
        .filter(({ isOfResult }) => isOfResult !== true)
        .map(
          (problem): Diagnostic => ({
            ...spanOf(problem),
            severity: problem.severity,
            message: problem.message,
          }),
        );
      view.dispatch(setDiagnostics(view.state, diagnostics));
      description.textContent = [...problems.map(({ message }) => message), help].join(" ");
    },
    setLandings: (all) => setLandings(view, all),
    takeOver({ start, end }) {
      const most = view.state.doc.length;
      const selection = { anchor: Math.min(start, most), head: Math.min(end, most) };
      view.dispatch({ selection, scrollIntoView: true });
      view.focus();
    },
    goTo(problem) {
      view.dispatch({ selection: { anchor: spanOf(problem).from }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

function toExtensions({ syntax, isSingleLine, label, words, onChange }: EditorOptions): Extension[] {
  const base = syntax === "text" ? {} : { base: BASES[syntax]() };
  return [
    history(),
    bracketMatching(),
    closeBrackets(),
    highlightSpecialChars(),
    autocompletion({ override: [completeWith(words)], icons: false, interactionDelay: 0 }),
    isSingleLine ? singleLine : manyLines,
    EditorView.lineWrapping,
    overSelection,
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...lintKeymap,
      ...historyKeymap,
      ...INDENTING,
      ...standardKeymap,
    ]),
    liquid(base),
    look,
    landings,
    EditorView.contentAttributes.of({
      tabindex: "0",
      "aria-label": label,
      "aria-describedby": DESCRIPTION,
      "aria-multiline": String(!isSingleLine),
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
    }),
    EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) onChange(state.doc.toString());
    }),
  ];
}

const INDENTING = [
  { key: "Mod-]", run: indentMore },
  { key: "Mod-[", run: indentLess },
];

/** A line break is nobody's intention in a URL or a header. */
const singleLine: Extension = [
  keymap.of([{ key: "Enter", run: () => true }]),
  EditorView.clipboardInputFilter.of((text) => text.replace(/\s*\n\s*/g, "")),
];

const manyLines: Extension = [
  lineNumbers(),
  EditorView.theme({ ".cm-scroller": { minHeight: "9rem", maxHeight: "34rem" } }),
];
