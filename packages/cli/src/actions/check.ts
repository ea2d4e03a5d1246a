// `postrider actions check`: the examples of action files, composed and compared, for a team's own CI. Needs
// no Redis, unless an action uses snippets that neither it nor `--snippets` has.

import { type Composer, createComposer } from "@postrider/compose/apart/composer";
import { type Difference, type ExampleRun, runExamples } from "@postrider/compose/examples";
import { findWarnings } from "@postrider/compose/warnings";
import { stringifyExact } from "@postrider/shared/exact-json";
import type { Context } from "../context.ts";
import type { Paint } from "../output.ts";
import { toVisible } from "../readable.ts";
import { type LoadedAction, loadFiles } from "./load.ts";
import { readGivenSnippets } from "./sample.ts";
import { showWarnings } from "./show.ts";

export interface CheckOptions {
  readonly snippets?: string;
  readonly json?: boolean;
}

interface Checked {
  readonly action: string;
  readonly source: string;
  readonly warnings: ReturnType<typeof findWarnings>;
  readonly examples: readonly ExampleRun[];
}

export async function check(
  files: readonly string[],
  options: CheckOptions,
  context: Context,
): Promise<void> {
  const loaded = await loadFiles(files, context, await readGivenSnippets(options));
  const composer = createComposer();
  const checked: Checked[] = [];
  for (const action of loaded) checked.push(await checkAction(action, composer));
  await composer.close();
  const examples = checked.flatMap((action) => action.examples);
  const failed = examples.filter(({ differences }) => differences.length > 0).length;
  if (failed > 0) context.end(1);
  if (options.json === true)
    return context.output.json({ actions: checked, examples: examples.length, failed });
  for (const action of checked) show(action, context);
  context.output.line(
    `${checked.length} ${checked.length === 1 ? "action" : "actions"}, ${examples.length} ${examples.length === 1 ? "example" : "examples"}, ${failed} failed`,
  );
}

async function checkAction(
  { source, compiled, examples }: LoadedAction,
  composer: Composer,
): Promise<Checked> {
  return {
    action: compiled.action.id,
    source,
    warnings: findWarnings(compiled),
    examples: await runExamples(compiled, examples, composer.compose),
  };
}

function show({ action, source, warnings, examples }: Checked, { output }: Context): void {
  const { paint } = output;
  showWarnings(warnings, output, source);
  if (examples.length === 0) output.line(`${paint.dim("–")} ${action}: no examples`);
  for (const { name, differences } of examples) {
    output.line(
      `${differences.length === 0 ? paint.green("✓") : paint.red("✗")} ${action}: ${toVisible(name)}`,
    );
    for (const difference of differences) output.line(describeDifference(difference, paint));
  }
}

function describeDifference({ what, expected, actual }: Difference, paint: Paint): string {
  const [minus, plus] = toLines(expected, actual);
  return [
    `    ${toVisible(what)}`,
    ...minus.map((line) => `      ${paint.red(`- ${toVisible(line)}`)}`),
    ...plus.map((line) => `      ${paint.green(`+ ${toVisible(line)}`)}`),
  ].join("\n");
}

/** Texts of several lines line by line, without what they begin and end with alike; other values as JSON. */
function toLines(expected: unknown, actual: unknown): readonly [string[], string[]] {
  if (typeof expected !== "string" || typeof actual !== "string" || !/\n/.test(expected + actual))
    return [[toText(expected)], [toText(actual)]];
  const minus = expected.split("\n");
  const plus = actual.split("\n");
  while (minus.length > 0 && plus.length > 0 && minus[0] === plus[0]) {
    minus.shift();
    plus.shift();
  }
  while (minus.length > 0 && plus.length > 0 && minus.at(-1) === plus.at(-1)) {
    minus.pop();
    plus.pop();
  }
  return [minus, plus];
}

function toText(value: unknown): string {
  return value === undefined ? "(none)" : stringifyExact(value);
}
