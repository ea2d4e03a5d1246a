// What customers would get, and one of them really: preview and test send of an action as it is saved.

import { ApiError } from "@postrider/client/api-error";
import type { Operations } from "@postrider/client/generated";
import { parseExact } from "@postrider/shared/exact-json";
import { useState } from "preact/hooks";
import { confirm } from "../../design/confirm.tsx";
import { Area, readForm } from "../../design/form.tsx";
import { Panel } from "../../design/panel.tsx";
import { Problem, Refusal } from "../../design/problem.tsx";
import { askApi, may, tellApi } from "../../session/session.ts";
import { makeVisible } from "../../words/visible.ts";
import { Previewed } from "./previewed.tsx";
import { TestSent } from "./test-sent.tsx";

type Preview = Operations["previewAction"]["reply"];
type Sent = Operations["testAction"]["reply"];
type Customer = Operations["testAction"]["body"]["customer"];

const SAMPLE = `{
  "id": "c-4711",
  "name": "Ada"
}`;
const STORED = "postrider.sample";

interface Given {
  readonly customers: readonly Customer[];
  readonly event: Readonly<Record<string, unknown>> | undefined;
}

export function Trial({ action }: { readonly action: string }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [sent, setSent] = useState<Sent | null>(null);
  const attempt = async (form: HTMLFormElement, work: (given: Given) => Promise<void>): Promise<void> => {
    setProblem(null);
    setError(null);
    try {
      await work(readGiven(form));
    } catch (thrown) {
      if (thrown instanceof ApiError) setError(thrown);
      else setProblem((thrown as Error).message);
    }
  };
  const look = async ({ customers, event }: Given): Promise<void> => {
    setPreview(await askApi("previewAction", { params: { id: action }, body: { customers, event } }));
  };
  const send = async ({ customers: [customer], event }: Given): Promise<void> => {
    if (customer === undefined) return;
    confirm({
      title: "Send this request, really?",
      body: (
        <p>
          1 request goes to the action&apos;s own address, for the customer {makeVisible(String(customer.id))}
          . Nothing is recorded or tried again.
        </p>
      ),
      verb: "Send 1 request",
      async act() {
        setSent(await tellApi("testAction", { params: { id: action }, body: { customer, event } }));
      },
    });
  };
  return (
    <>
      <Panel title="Sample customers">
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void attempt(event.currentTarget, look);
          }}
        >
          <Area
            label="One customer, or a list of up to 50, as JSON"
            name="customers"
            value={sessionStorage.getItem(STORED) ?? SAMPLE}
            hint="The id is required; anything else is what the templates read. It is kept for this tab alone."
          />
          <Area label="The triggering event, as JSON (may stay empty)" name="event" rows={3} />
          {problem !== null && <Refusal text={problem} />}
          {error !== null && <Problem error={error} />}
          <div class="form-foot">
            <button type="submit" class="primary">
              Preview
            </button>
            {may("manage") && (
              <button
                type="button"
                onClick={(event) => {
                  const { form } = event.currentTarget;
                  if (form !== null) void attempt(form, send);
                }}
              >
                Test send …
              </button>
            )}
          </div>
        </form>
      </Panel>
      {sent !== null && <TestSent sent={sent} />}
      {preview !== null && <Previewed preview={preview} />}
    </>
  );
}

/** @throws Error that says what to change. */
function readGiven(form: HTMLFormElement): Given {
  const { customers = "", event = "" } = readForm(form);
  const given = parse(customers, "The customers are");
  sessionStorage.setItem(STORED, customers);
  return {
    customers: (Array.isArray(given) ? given : [given]) as Customer[],
    event: event === "" ? undefined : (parse(event, "The event is") as Given["event"]),
  };
}

function parse(text: string, what: string): unknown {
  try {
    return parseExact(text);
  } catch (error) {
    throw new Error(`${what} not JSON: ${(error as Error).message}`, { cause: error });
  }
}
