// What a run from a file is told: which action, which customers, and how they are sent.

import { isRunId, RUN_ID_RULE } from "@postrider/shared/run-id";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Doing, FileOrder, OfferedOrder } from "../../customers-file/file-order.ts";
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

const WRITTEN = "written-here.ndjson";

interface OrderFormProps {
  /** With this the form is filled; null: with nothing. */
  readonly offered: OfferedOrder | null;
  /** Is told of every change in the form. */
  readonly onChange: () => void;
}

export function OrderForm(props: OrderFormProps) {
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
            <Order actions={open} {...props} />
          );
        }}
      </Waiting>
    </Panel>
  );
}

interface OrderProps extends OrderFormProps {
  readonly actions: readonly string[];
}

function Order({ actions, offered, onChange }: OrderProps) {
  const { action = actions.length === 1 ? actions[0] : "", sample } = address.value.query;
  const choices = [...(actions.length === 1 ? [] : [CHOOSE]), ...actions.map((id) => [id, id] as const)];
  const [problem, setProblem] = useState<string | null>(null);
  const whole = useRef<HTMLFormElement>(null);
  // Before it is drawn: what somebody chooses at once must not be overwritten.
  useLayoutEffect(() => {
    if (whole.current !== null && offered !== null) fillForm(whole.current, offered);
  }, [offered]);
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
      ref={whole}
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
        <RunName />
      </div>
      <Written isSample={sample !== undefined} />
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

function RunName() {
  const [isWrong, setWrong] = useState(false);
  return (
    <div>
      <Field
        label="Run"
        name="run"
        placeholder="autumn-newsletter"
        hint={`A name must be ${RUN_ID_RULE}. Empty: the action and the time.`}
        onInput={(text) => setWrong(!isName(text.trim()))}
      />
      {isWrong && <Refusal text="No run can have this name." />}
    </div>
  );
}

function isName(run: string): boolean {
  return run === "" || isRunId(run);
}

function Written({ isSample }: { readonly isSample: boolean }) {
  return (
    <details open={isSample}>
      <summary>Or write some customers here</summary>
      <div class="field area">
        <label for="pasted">One customer a line, as JSON</label>
        <textarea
          id="pasted"
          name="pasted"
          rows={4}
          spellcheck={false}
          defaultValue={isSample ? EXAMPLES : ""}
          placeholder={EXAMPLES}
        />
      </div>
    </details>
  );
}

/** What is written in the form; a text says what is missing. */
function readOrder(form: HTMLFormElement): FileOrder | string {
  const fields = readForm(form);
  const { action = "", format = "", run = "" } = fields;
  if (action === "") return "Choose the action whose request is sent.";
  const file = readFile(form, fields["pasted"] ?? "");
  if (file === null) return "Choose a file of customers, or write some.";
  if (file.size === 0) return "The file is empty.";
  if (!isName(run)) return `Run: "${run}" must be ${RUN_ID_RULE}.`;
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
  return pasted === "" ? null : new File([`${pasted}\n`], WRITTEN);
}

/** The opposite of reading it. What was written by hand stays so where it still stands there. */
function fillForm(form: HTMLFormElement, { file, format, hold, open, ...texts }: OfferedOrder): void {
  const find = (name: string) => form.elements.namedItem(name);
  for (const [name, text] of Object.entries({ ...texts, format: format ?? "" })) {
    const field = find(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = text;
  }
  for (const [name, isOn] of Object.entries({ hold, open })) {
    const tick = find(name);
    if (tick instanceof HTMLInputElement) tick.checked = isOn;
  }
  fillFile(find("pasted"), find("file"), file);
}

type Found = ReturnType<HTMLFormControlsCollection["namedItem"]>;

function fillFile(pasted: Found, picked: Found, file: File | null): void {
  if (!(pasted instanceof HTMLTextAreaElement && picked instanceof HTMLInputElement)) return;
  if (file?.name === WRITTEN && pasted.value !== "") return;
  const { items, files } = new DataTransfer();
  if (file !== null) items.add(file);
  picked.files = files;
  pasted.value = "";
}

/** As the API would: it says what and when, sorts by time, and is nobody else's. */
function nameRun(action: string): string {
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const mark = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36) ?? "";
  return `${action.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 70)}-${at}-${mark}`;
}
