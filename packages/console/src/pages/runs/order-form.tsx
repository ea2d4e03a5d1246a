// What a run from a file is told: which action, which customers, and how they are sent.

import { useState } from "preact/hooks";
import type { Doing, FileOrder } from "../../customers-file/file-order.ts";
import { begin } from "../../customers-file/file-work.ts";
import { Choice, Field, readForm } from "../../design/form.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { FileField } from "../../design/pickers.tsx";
import { Refusal } from "../../design/problem.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { address } from "../../platform/address.ts";
import { useAsk } from "../../session/use-ask.ts";
import { askToSend } from "./ask-to-send.tsx";
import { RunExtras } from "./run-extras.tsx";

export const CUSTOMERS_FILES = ".csv,.ndjson,.jsonl,.json,.gz,text/csv";

/** Whoever has several actions picks one on purpose. */
const CHOOSE = ["", "choose one"] as const;
const EXAMPLES = `{"id": "c-4711", "name": "Ada"}
{"id": "c-4712", "name": "Grace"}`;

interface OrderFormProps {
  /** Is told of every change in the form. */
  readonly onChange: () => void;
}

export function OrderForm({ onChange }: OrderFormProps) {
  const actions = useAsk("listActions", {});
  return (
    <Panel title="What to send">
      <Waiting asked={actions}>
        {({ actions: all }) => {
          const open = all.filter(({ archivedAt }) => archivedAt === null).map(({ id }) => id);
          return open.length === 0 ? (
            <Empty title="There is no action yet.">
              <p>
                A run sends one action&apos;s request for every customer of a file:{" "}
                <a href="#/actions/~new">write an action</a>.
              </p>
            </Empty>
          ) : (
            <Order actions={open} onChange={onChange} />
          );
        }}
      </Waiting>
    </Panel>
  );
}

function Order({ actions, onChange }: OrderFormProps & { readonly actions: readonly string[] }) {
  const { action = actions.length === 1 ? actions[0] : "", sample } = address.value.query;
  const choices = [...(actions.length === 1 ? [] : [CHOOSE]), ...actions.map((id) => [id, id] as const)];
  const [problem, setProblem] = useState<string | null>(null);
  const go = (form: HTMLFormElement, doing: Doing): void => {
    const order = readOrder(form);
    setProblem(typeof order === "string" ? order : null);
    if (typeof order === "string") return;
    if (doing === "try") begin("try", order);
    else askToSend(order, null);
  };
  return (
    <form
      class="stack"
      onInput={onChange}
      onSubmit={(event) => {
        event.preventDefault();
        go(event.currentTarget, "try");
      }}
    >
      <div class="fields roomy">
        <Choice label="Action" name="action" value={action ?? ""} of={choices} />
        <FileField
          label="Customers"
          name="file"
          accept={CUSTOMERS_FILES}
          hint="CSV with a header row, or NDJSON: one customer a line, each with an id. Also packed with gzip."
        />
        <Field
          label="Run"
          name="run"
          placeholder="autumn-newsletter"
          hint="Empty: the action and the time."
        />
      </div>
      <details open={sample !== undefined}>
        <summary>Or write some customers here</summary>
        <div class="field area">
          <label for="pasted">One customer a line, as JSON</label>
          <textarea
            id="pasted"
            name="pasted"
            rows={4}
            spellcheck={false}
            defaultValue={sample === undefined ? "" : EXAMPLES}
            placeholder={EXAMPLES}
          />
        </div>
      </details>
      <RunExtras />
      {problem !== null && <Refusal text={problem} />}
      <div class="form-foot">
        <button type="submit" class="primary">
          Try it dry
        </button>
        <button
          type="button"
          onClick={({ currentTarget: { form } }) => {
            if (form !== null) go(form, "send");
          }}
        >
          Enqueue at once …
        </button>
      </div>
    </form>
  );
}

/** What is written in the form; a text says what is missing. */
function readOrder(form: HTMLFormElement): FileOrder | string {
  const fields = readForm(form);
  const file = readFile(form, fields["pasted"] ?? "");
  if (file === null) return "Choose a file of customers, or write some.";
  if (file.size === 0) return "The file is empty.";
  const { action = "", format = "", run = "" } = fields;
  if (action === "") return "Choose the action whose request is sent.";
  const named = ["lane", "labels", "event", "values", "sendAt", "expiresAt"] as const;
  const texts = Object.fromEntries(named.map((name) => [name, fields[name] ?? ""]));
  return {
    ...(texts as Record<(typeof named)[number], string>),
    file,
    action,
    format: format === "csv" || format === "ndjson" ? format : null,
    run: run || nameRun(action),
    hold: fields["hold"] === "on",
    open: fields["open"] === "on",
  };
}

function readFile(form: HTMLFormElement, pasted: string): File | null {
  const file = new FormData(form).get("file");
  if (file instanceof File && file.name !== "") return file;
  return pasted === "" ? null : new File([`${pasted}\n`], "written-here.ndjson");
}

/** As the API would: it says what and when, sorts by time, and is nobody else's. */
function nameRun(action: string): string {
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const mark = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? "";
  return `${action.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 70)}-${at}-${mark}`;
}
