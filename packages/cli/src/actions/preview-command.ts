// `postrider actions preview`: the request that a customer would get, exactly as it would be sent, and what
// the author should know of it.

import { createComposer } from "@postrider/compose/apart/composer";
import type { CompiledAction } from "@postrider/compose/compile";
import {
  findMissing,
  findOutputs,
  findReadings,
  findUnused,
  LANDING_TEXTS,
  type PrintedValue,
} from "@postrider/compose/describe";
import type { DeliveryFacts } from "@postrider/compose/dialect/delivery-facts";
import { toBytes, toPreview } from "@postrider/compose/preview";
import type { Scope } from "@postrider/compose/render/template";
import { type Composed, toShown } from "@postrider/compose/request";
import { toScope } from "@postrider/compose/scope";
import { withMaskedSecrets } from "@postrider/compose/secret-grants";
import { findWarnings } from "@postrider/compose/warnings";
import type { Problem } from "@postrider/shared/errors";
import type { Context } from "../context.ts";
import { toVisible } from "../readable.ts";
import { loadAction } from "./load.ts";
import { readGivenSnippets, readSample, type SampleOptions } from "./sample.ts";
import { markProblem, showRequest, showWarnings, templateAt } from "./show.ts";

export interface PreviewOptions extends SampleOptions {
  readonly deliveryId: string;
  readonly at?: Date;
}

interface Preview {
  readonly compiled: CompiledAction;
  /** With masks for secrets. */
  readonly scope: Scope;
  readonly facts: DeliveryFacts;
  readonly composed: Composed;
}

export async function preview(ref: string, options: PreviewOptions, context: Context): Promise<void> {
  const compiled = await loadAction(ref, context, { given: await readGivenSnippets(options) });
  const data = toScope(await readSample(options), options.deliveryId);
  const scope = withMaskedSecrets(data, compiled.action);
  const facts = { id: options.deliveryId, dueAt: options.at?.getTime() ?? Date.now() };
  const composer = createComposer();
  const composed = await composer.compose(compiled, facts, scope);
  await composer.close();
  if (composed.kind === "problem") context.end(1);
  const made = { compiled, scope, facts, composed };
  if (options.json === true) context.output.json(toPreview(compiled, scope, composed));
  else show(made, context);
}

function show(made: Preview, context: Context): void {
  const { compiled, scope, composed } = made;
  const { output } = context;
  if (composed.kind === "request") {
    const request = toShown(composed.request, compiled.action);
    showRequest(request, output);
    const { headers, body } = toBytes(request);
    output.line(output.paint.dim(`\n${body} bytes of body, ${headers} of headers`));
  } else if (composed.kind === "cancelled") {
    output.line(`the template cancels this delivery: ${toVisible(composed.message)}`);
  } else {
    const marked = composed.problems.map((problem) =>
      markProblem(problem, textOf(problem, made), output.paintNote),
    );
    output.fail(`this delivery would fail (${composed.reason}):`, { problems: composed.problems }, marked);
  }
  showOutputs(findOutputs(compiled), context);
  const readings = findReadings(compiled);
  showList("missing from these data", findMissing(readings, scope), context);
  showList("not used by the templates", findUnused(readings, scope), context);
  showWarnings(findWarnings(compiled), output);
}

/**
 * The text that a problem's line and column count in: the rendered body where that is not JSON, else the
 * template.
 */
function textOf({ field, code }: Problem, { compiled, scope, facts }: Preview): string | null {
  if (code !== "body_invalid") return templateAt(field, compiled);
  const body = compiled.fields.find((compiledField) => compiledField.field === field);
  // What has no bound is not rendered again here, where nothing could stop it.
  if (body === undefined || !compiled.isCheapFor(scope)) return null;
  const rendered = body.template.render(scope, facts);
  return "text" in rendered ? rendered.text : null;
}

function showOutputs(outputs: readonly PrintedValue[], { output }: Context): void {
  if (outputs.length === 0) return;
  output.line("");
  output.table(
    ["FIELD", "LINE", "COLUMN", "VALUE", "LANDS"],
    outputs.map(({ field, line, column, expression, place }) => [
      field,
      line,
      column,
      toVisible(expression).replaceAll("\n", "⏎"),
      LANDING_TEXTS[place],
    ]),
  );
}

/** Beyond these a list helps nobody; --json has all. */
const SHOWN_MAX = 30;

function showList(title: string, paths: readonly string[], { output }: Context): void {
  if (paths.length === 0) return;
  const more = paths.length > SHOWN_MAX ? `, and ${paths.length - SHOWN_MAX} more` : "";
  output.line(`\n${output.paint.bold(title)}: ${toVisible(paths.slice(0, SHOWN_MAX).join(", "))}${more}`);
}
