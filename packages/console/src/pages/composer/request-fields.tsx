// The request as fields: method and URL, headers, and the body in one of its kinds.

import { BIN_ORIGIN } from "@postrider/shared/request-bin-address";
import { useId } from "preact/hooks";
import type { Marked } from "../../editor/code-editor.ts";
import type { Words } from "../../editor/complete.ts";
import { Editor } from "../../editor/editor.tsx";
import type { Lands } from "../../editor/landings.ts";
import {
  type ActionFields,
  BODY_KINDS,
  type BodyKind,
  bodyKindOf,
  METHODS,
  pairsOf,
  textOf,
  withBodyKind,
  withField,
  withPairs,
} from "./action-document.ts";
import { PairFields } from "./pair-fields.tsx";

export interface FieldsProps {
  readonly document: ActionFields;
  readonly onChange: (document: ActionFields) => void;
  readonly words: () => Words;
  readonly problemsOf: (field: string) => readonly Marked[];
  readonly landingsOf: (field: string) => readonly Lands[];
}

export function RequestFields(props: FieldsProps) {
  const { document, onChange, words, problemsOf, landingsOf } = props;
  return (
    <>
      <div class="request-line">
        <Method
          value={textOf(document, "method") || "POST"}
          onChange={(method) => onChange({ ...document, method })}
        />
        <Editor
          label="URL"
          isSingleLine={!textOf(document, "url").includes("\n")}
          syntax="text"
          text={textOf(document, "url")}
          words={words}
          problems={problemsOf("url")}
          landings={landingsOf("url")}
          onChange={(url) => onChange({ ...document, url })}
        />
      </div>
      <p class="hint">
        To try without a receiver: with <code>{BIN_ORIGIN}/…</code> as the URL, whole runs go into the{" "}
        <a href="#/actions/~bin">request bin</a>.
      </p>
      <fieldset class="part">
        <legend>Headers</legend>
        {pairsOf(document, "headers").length === 0 && (
          <p class="hint">Content-Type and User-Agent are added by themselves.</p>
        )}
        <PairFields
          what="header"
          pairs={pairsOf(document, "headers")}
          onChange={(pairs) => onChange(withPairs(document, "headers", pairs))}
          words={words}
          problemsOf={(index, part) => problemsOf(`headers/${index}/${part}`)}
          landingsOf={(index) => landingsOf(`headers/${index}/value`)}
        />
      </fieldset>
      <Body {...props} />
    </>
  );
}

function Method({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (method: string) => void;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>Method</label>
      <select id={id} onChange={(event) => onChange(event.currentTarget.value)}>
        {METHODS.map((method) => (
          <option key={method} value={method} selected={method === value}>
            {method}
          </option>
        ))}
      </select>
    </div>
  );
}

function Body({ document, onChange, words, problemsOf, landingsOf }: FieldsProps) {
  const kind = bodyKindOf(document);
  return (
    <fieldset class="part">
      <legend>Body</legend>
      <Kinds kind={kind} onChange={(chosen) => onChange(withBodyKind(document, chosen))} />
      {kind === "form" && (
        <PairFields
          what="form field"
          pairs={pairsOf(document, "form")}
          onChange={(pairs) => onChange(withPairs(document, "form", pairs))}
          words={words}
          problemsOf={(index, part) => problemsOf(`form/${index}/${part}`)}
          landingsOf={(index) => landingsOf(`form/${index}/value`)}
        />
      )}
      {(kind === "json" || kind === "xml" || kind === "text") && (
        <Editor
          label={`Body, as ${BODY_KINDS[kind]}`}
          isLabelUnseen
          syntax={kind}
          text={textOf(document, "body")}
          words={words}
          problems={problemsOf("body")}
          landings={landingsOf("body")}
          onChange={(body) => onChange(withField(document, "body", body))}
        />
      )}
    </fieldset>
  );
}

function Kinds({ kind, onChange }: { readonly kind: BodyKind; readonly onChange: (kind: BodyKind) => void }) {
  const name = useId();
  return (
    <div class="segments" role="radiogroup" aria-label="Kind of body">
      {(Object.entries(BODY_KINDS) as [BodyKind, string][]).map(([one, word]) => (
        <label key={one}>
          <input type="radio" name={name} checked={one === kind} onChange={() => onChange(one)} />
          <span>{word}</span>
        </label>
      ))}
    </div>
  );
}
