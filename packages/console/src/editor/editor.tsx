// A field that is edited as code. Until the editor is loaded, and where it cannot be, a plain field stands in
// its place and does the same.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { makeVisible } from "../words/visible.ts";
import type { CodeEditor, Marked, PlainSelection, Syntax } from "./code-editor.ts";
import type { Words } from "./complete.ts";
import type { Lands } from "./landings.ts";

interface Props {
  readonly label: string;
  /** Whether the label is only told to who cannot see. */
  readonly isLabelUnseen?: boolean;
  readonly text: string;
  readonly syntax: Syntax;
  readonly isSingleLine?: boolean;
  readonly problems: readonly Marked[];
  readonly landings: readonly Lands[];
  readonly words: () => Words;
  readonly onChange: (text: string) => void;
}

const HELP =
  "In an editor, Tab goes on to the next field. Ctrl Space offers filters, tags and attributes; F8 leads to the next problem; Ctrl ] and Ctrl [ indent.";

/** Of all editors on the page, in one place. */
export function EditorHelp() {
  return <p class="hint">{HELP}</p>;
}

export function Editor(props: Props) {
  const { label, isLabelUnseen = false, text, syntax, isSingleLine = false, problems, landings } = props;
  const place = useRef<HTMLDivElement>(null);
  const plain = useRef<HTMLTextAreaElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const [editor, setEditor] = useState<CodeEditor | null>(null);
  useEffect(() => {
    let made: CodeEditor | null = null;
    let isGone = false;
    void import("./code-editor.ts").then(
      ({ createCodeEditor }) => {
        const { current } = place;
        if (isGone || current === null) return;
        const host = document.createElement("div");
        current.replaceChildren(host);
        made = createCodeEditor(host, {
          // What was typed a moment ago may not have been drawn yet.
          text: plain.current?.value ?? latest.current.text,
          syntax,
          isSingleLine,
          label,
          help: HELP,
          words: () => latest.current.words(),
          onChange: (now) => latest.current.onChange(now),
        });
        // Before the plain field goes, and the next key with it.
        const selection = selectionIn(plain.current);
        if (selection !== null) made.takeOver(selection);
        setEditor(made);
      },
      () => undefined,
    );
    return () => {
      isGone = true;
      made?.destroy();
      setEditor(null);
    };
  }, [syntax, isSingleLine, label]);
  // Before the next key comes: later, an older text would take the place of what was typed meanwhile.
  useLayoutEffect(() => {
    if (editor?.setText(text) === true) editor.mark(problems);
  }, [editor, text]);
  // By what they say: there may be hundreds of editors on the page, and most have nothing new to show.
  useEffect(() => editor?.mark(problems), [editor, JSON.stringify(problems)]);
  useEffect(() => editor?.setLandings(landings), [editor, JSON.stringify(landings)]);
  return (
    <div class="field code-field">
      <span class={isLabelUnseen ? "unseen" : "label"}>{label}</span>
      <div ref={place} class={isSingleLine ? "code-place one-line" : "code-place"} />
      {editor === null && (
        <textarea
          ref={plain}
          aria-label={label}
          rows={isSingleLine ? 1 : 8}
          value={text}
          spellcheck={false}
          onInput={(event) => props.onChange(event.currentTarget.value)}
        />
      )}
      <Told problems={problems} isNamed={syntax === "document"} onGo={(one) => editor?.goTo(one)} />
    </div>
  );
}

/** Null where nobody is writing in it. */
function selectionIn(field: HTMLTextAreaElement | null): PlainSelection | null {
  if (field === null || document.activeElement !== field) return null;
  return { start: field.selectionStart, end: field.selectionEnd };
}

interface ToldProps {
  readonly problems: readonly Marked[];
  /** Where many fields are edited as one, a line is one of a field. */
  readonly isNamed: boolean;
  readonly onGo: (problem: Marked) => void;
}

/** Below the field in words, so that nobody has to point at a line to learn what is wrong. */
function Told({ problems, isNamed, onGo }: ToldProps) {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => keepHeight(list.current), [problems]);
  return (
    <ul class="told" ref={list}>
      {problems.map((one) => (
        <li key={`${one.line} ${one.column} ${one.message}`} class={one.severity}>
          {(one.line !== undefined || isNamed) && (
            <button type="button" class="plain" onClick={() => onGo(one)}>
              {sayWhere(one, isNamed)}
            </button>
          )}{" "}
          {makeVisible(one.message)}
        </li>
      ))}
    </ul>
  );
}

/** What is below does not jump while one types: the room that problems took is free again afterwards. */
function keepHeight(list: HTMLElement | null): void {
  if (list === null) return;
  const isTypedIn = list.parentElement?.querySelector(".code-place")?.contains(document.activeElement);
  const keeps = isTypedIn === true && list.offsetHeight > 0;
  list.style.minHeight = keeps ? `${list.offsetHeight}px` : "";
}

function sayWhere({ path, line, column }: Marked, isNamed: boolean): string {
  const field = isNamed ? makeVisible(path.join(".")) : "";
  if (line === undefined) return field === "" ? "The document" : field;
  return `${field}${field === "" ? "Line" : ", line"} ${line}, column ${column ?? 1}`;
}
