// A new action from what is there already: a curl line, or the fields of another tool's webhook.

import { useState } from "preact/hooks";
import { Choice } from "../../../design/form.tsx";
import { Panel } from "../../../design/panel.tsx";
import { Refusal } from "../../../design/problem.tsx";
import { makeVisible } from "../../../words/visible.ts";
import type { ActionFields } from "../action-document.ts";
import { SampleArea } from "../sample-area.tsx";
import type { Brought } from "./brought.ts";
import { fromCurl } from "./from-curl.ts";
import { fromBraze, fromCustomerIo } from "./from-tool.ts";

interface Source {
  readonly name: string;
  readonly label: string;
  readonly read: (text: string) => Brought;
}

const SOURCES: Readonly<Record<string, Source>> = {
  curl: {
    name: "A curl line",
    label: "The curl line, as it is typed, over as many lines as it has",
    read: fromCurl,
  },
  "customer-io": {
    name: "A Customer.io webhook",
    label: "Its fields as JSON: url, method, headers, body",
    read: fromCustomerIo,
  },
  braze: {
    name: "A Braze webhook",
    label: "Its fields as JSON: url, request_method, request_headers, body",
    read: fromBraze,
  },
};

export function BringIn({ onBrought }: { readonly onBrought: (document: ActionFields) => void }) {
  const [source, setSource] = useState("curl");
  const [text, setText] = useState("");
  const [notes, setNotes] = useState<readonly string[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { label, read } = SOURCES[source] ?? SOURCES["curl"] ?? { label: "", read: fromCurl };
  const bring = (): void => {
    setNotes(null);
    setProblem(null);
    try {
      const brought = read(text);
      onBrought(brought.document);
      setNotes(brought.notes);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <Panel title="Begin with what is there">
      <details>
        <summary>From a curl line, or a webhook of Customer.io or Braze</summary>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            bring();
          }}
        >
          <Choice
            label="From"
            name="source"
            value={source}
            of={Object.entries(SOURCES).map(([one, { name }]) => [one, name] as const)}
            onChoice={setSource}
          />
          <SampleArea label={label} rows={5} text={text} onInput={setText} />
          <div class="form-foot">
            <button type="submit">Put it in below</button>
          </div>
        </form>
      </details>
      {problem !== null && <Refusal text={problem} />}
      {notes !== null && (
        <div class="note" role="status">
          <p>It stands below now. Put templates where values of customers belong.</p>
          {notes.length > 0 && (
            <ul>
              {notes.map((note) => (
                <li key={note}>{makeVisible(note)}</li>
              ))}
            </ul>
          )}
        </div>
      )}
    </Panel>
  );
}
