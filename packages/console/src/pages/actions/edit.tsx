// An action as it is written: looked at by the server against a sample customer, and saved as a new version,
// unless somebody else has saved one meanwhile.

import { ApiError } from "@postrider/client/api-error";
import type { ActionDocument, Operations } from "@postrider/client/generated";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import { useState } from "preact/hooks";
import { confirm } from "../../design/confirm.tsx";
import { Area, Field, readForm } from "../../design/form.tsx";
import { Panel } from "../../design/panel.tsx";
import { Problem, Refusal } from "../../design/problem.tsx";
import { go, toHref } from "../../platform/address.ts";
import { askApi, tellApi } from "../../session/session.ts";
import { Previewed } from "./previewed.tsx";

type Preview = Operations["previewAction"]["reply"];
type Customer = Operations["testAction"]["body"]["customer"];

const NEW_DOCUMENT = `{
  "url": "https://api.example.com/customers/{{ customer.id }}",
  "body": "{\\"name\\": {{ customer.name }}}"
}`;
const SAMPLE = `{"id": "c-4711", "name": "Ada"}`;
const ROWS = 22;

interface Props {
  /** Null: a new action. */
  readonly saved: { readonly id: string; readonly version: number; readonly action: unknown } | null;
  readonly done: () => void;
}

export function Edit({ saved, done }: Props) {
  const [problem, setProblem] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const look = async (form: HTMLFormElement): Promise<Draft | null> => {
    setProblem(null);
    setError(null);
    try {
      const draft = readDraft(form, saved?.id);
      const body = { action: draft.document as Readonly<Record<string, unknown>>, customer: draft.customer };
      setPreview(await askApi("previewAction", { params: { id: draft.id }, body }));
      return draft;
    } catch (thrown) {
      setPreview(null);
      if (thrown instanceof ApiError) setError(thrown);
      else setProblem((thrown as Error).message);
      return null;
    }
  };
  const save = async (form: HTMLFormElement): Promise<void> => {
    const draft = await look(form);
    if (draft !== null) askSave(draft, saved?.version ?? null, done);
  };
  return (
    <>
      <Panel title={saved === null ? "A new action" : `From version ${saved.version} to the next one`}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void look(event.currentTarget);
          }}
        >
          {saved === null && (
            <Field
              label="Id"
              name="id"
              placeholder="welcome"
              hint="Small letters, digits, dots and dashes."
              isRequired
            />
          )}
          <Area
            label="The document, as JSON"
            name="document"
            rows={ROWS}
            value={saved === null ? NEW_DOCUMENT : stringifyExact(saved.action, 2)}
            hint="Texts are Liquid templates. A credential that is shown as *** must be written again, or named as a secret: a mask is not saved."
          />
          <Area label="A sample customer, as JSON" name="customer" rows={4} value={SAMPLE} />
          {problem !== null && <Refusal text={problem} />}
          {error !== null && <Problem error={error} />}
          <div class="form-foot">
            <button type="submit">Preview</button>
            <button
              type="button"
              class="primary"
              onClick={(event) => {
                const { form } = event.currentTarget;
                if (form !== null) void save(form);
              }}
            >
              Save …
            </button>
          </div>
        </form>
      </Panel>
      {preview !== null && <Previewed preview={preview} />}
    </>
  );
}

interface Draft {
  readonly id: string;
  readonly document: ActionDocument;
  readonly customer: Customer;
}

/** @throws Error that says what to change. */
function readDraft(form: HTMLFormElement, savedId: string | undefined): Draft {
  const { document = "", customer = "", id = "" } = readForm(form);
  const name = savedId ?? id;
  if (name === "") throw new Error("The id is empty.");
  const parsed = parse(document, "The document");
  return {
    id: name,
    document: { ...(parsed as ActionDocument), id: name },
    customer: parse(customer, "The sample customer") as Customer,
  };
}

function parse(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = parseExact(text);
  } catch (error) {
    throw new Error(`${what} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${what} must be a JSON object.`);
  return value;
}

/** @param version that was edited; null: there is none yet. */
function askSave({ id, document }: Draft, version: number | null, done: () => void): void {
  confirm({
    title: version === null ? `Save ${id}?` : `Save a new version of ${id}?`,
    body: (
      <p>
        {version === null
          ? "1 action: deliveries can be enqueued for it within a second."
          : `1 action: what is enqueued from now on gets the new version; what waits keeps its own. Refused where ${version} is not the latest any more.`}
      </p>
    ),
    verb: version === null ? "Save 1 action" : "Save 1 version",
    async act() {
      const headers = version === null ? { "If-None-Match": "*" } : { "If-Match": `"${version}"` };
      const { version: now } = await tellApi("saveAction", { params: { id }, body: document, headers });
      done();
      go(
        toHref(
          ["actions", id],
          now === version ? {} : { tab: "versions", ...(version !== null && { to: String(now) }) },
        ),
      );
    },
  });
}
