// The examples of an action as tests: each a customer with the request that must come of it, composed anew
// whenever the writer pauses.

import { ApiError } from "@postrider/client/api-error";
import type { Operations } from "@postrider/client/generated";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import { EXAMPLE_DELIVERY_ID, EXAMPLE_TIME } from "@postrider/shared/example-facts";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Badge } from "../../design/badge.tsx";
import { Panel } from "../../design/panel.tsx";
import { Problem } from "../../design/problem.tsx";
import { askApi } from "../../session/session.ts";
import { showCount, showMany } from "../../words/numbers.ts";
import { makeVisible } from "../../words/visible.ts";
import type { ActionFields } from "./action-document.ts";
import { CustomerChoice } from "./sample-panel.tsx";
import { useDraftAsk } from "./use-draft-ask.ts";
import type { Customer, Samples } from "./use-samples.ts";

type Checked = Operations["checkAction"]["reply"]["examples"][number];

interface Props {
  readonly id: string;
  readonly document: ActionFields;
  readonly samples: Samples;
  /** Null: they are only looked at. */
  readonly onChange: ((document: ActionFields) => void) | null;
}

export function examplesOf({ examples }: ActionFields): readonly unknown[] {
  return Array.isArray(examples) ? examples : [];
}

export function ExamplePanel({ id, document, samples, onChange }: Props) {
  const examples = examplesOf(document);
  const input = { params: { id }, body: { action: document } };
  const { data, error } = useDraftAsk("checkAction", examples.length === 0 ? null : input);
  return (
    <Panel title={toTitle(examples.length, data?.failed ?? null)}>
      {examples.length === 0 && (
        <p class="calm-note">
          None yet. An example is a customer with the request that must come of it: it shows at once when a
          change breaks it, here and in <code>postrider actions check</code>.
        </p>
      )}
      {error !== null && <Problem error={error} />}
      {error === null &&
        data?.examples.slice(0, examples.length).map((one, index) => (
          <OneExample key={index} of={one}>
            {onChange !== null && (
              <button
                type="button"
                class="plain"
                aria-label={`Remove the example ${one.name}`}
                onClick={() =>
                  onChange(
                    withExamples(
                      document,
                      examples.filter((_, at) => at !== index),
                    ),
                  )
                }
              >
                Remove
              </button>
            )}
          </OneExample>
        ))}
      {onChange !== null && samples.customers.length > 0 && (
        <Keep id={id} document={document} samples={samples} onChange={onChange} />
      )}
    </Panel>
  );
}

function toTitle(count: number, failed: number | null): string {
  if (count === 0 || failed === null) return "Examples";
  if (failed === 0) return `${showMany(count, "example", "examples")}, all as they say`;
  return `${showCount(failed)} of ${showMany(count, "example", "examples")} came out otherwise`;
}

function withExamples(document: ActionFields, examples: readonly unknown[]): ActionFields {
  const { examples: _, ...rest } = document;
  return examples.length === 0 ? rest : { ...rest, examples };
}

interface OneProps {
  readonly of: Checked;
  readonly children: ComponentChildren;
}

function OneExample({ of: { name, differences }, children }: OneProps) {
  const isAsSaid = differences.length === 0;
  return (
    <div class="example">
      <p>
        <Badge state={isAsSaid ? "as it says" : "differs"} tone={isAsSaid ? "good" : "bad"} />{" "}
        {makeVisible(name)} {children}
      </p>
      {differences.map(({ what, expected, actual }) => (
        <div key={what} class="diff diff-change">
          <code>{makeVisible(what)}</code>
          <p class="from">− {toText(expected)}</p>
          <p class="to">+ {toText(actual)}</p>
        </div>
      ))}
    </div>
  );
}

function toText(value: unknown): string {
  if (value === undefined) return "(none)";
  return makeVisible(typeof value === "string" ? value : stringifyExact(value, 2));
}

interface KeepProps extends Props {
  readonly onChange: (document: ActionFields) => void;
}

/** What comes of a sample now becomes what must come of it from then on. */
function Keep({ id, document, samples, onChange }: KeepProps) {
  const [at, setAt] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const customer = samples.customers[Math.min(at, samples.customers.length - 1)];
  const keep = async (): Promise<void> => {
    if (customer === undefined) return;
    setError(null);
    try {
      const example = await toExample(id, document, customer, samples);
      onChange(withExamples(document, [...examplesOf(document), example]));
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    }
  };
  return (
    <>
      <CustomerChoice samples={samples} at={at} onChoice={setAt} />
      <div class="form-foot">
        <button type="button" onClick={() => void keep()}>
          Keep what comes of it as an example
        </button>
      </div>
      {error !== null && <Problem error={error} />}
    </>
  );
}

/** @throws ApiError. */
async function toExample(
  id: string,
  document: ActionFields,
  customer: Customer,
  { event, values }: Samples,
): Promise<unknown> {
  const given = { customer, event, values };
  // As examples are composed: their clock and their id stand still.
  const facts = { at: EXAMPLE_TIME, deliveryId: EXAMPLE_DELIVERY_ID };
  const { previews } = await askApi("previewAction", {
    params: { id },
    body: { ...given, ...facts, action: document },
  });
  const [preview] = previews;
  const extras = { ...(event !== undefined && { event }), ...(values !== undefined && { values }) };
  const name = `customer ${customer.id}`;
  if (preview === undefined || preview.url === null)
    return { name, customer, ...extras, ...toOtherEnd(preview?.problems[0]) };
  const { method, url, body } = preview;
  return {
    name,
    customer,
    ...extras,
    request: { method, url, ...(body !== null && { body: toBody(body) }) },
  };
}

function toOtherEnd(problem: { readonly code?: string | undefined; readonly message: string } | undefined) {
  if (problem?.code === "cancelled") return { cancelled: problem.message };
  return { fails: problem?.code ?? "template" };
}

/** JSON is compared as what it says. */
function toBody(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return text;
  }
}
