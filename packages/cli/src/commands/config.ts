// `postrider config`: actions, snippets, limits and subscriptions as one file, for those who keep them in
// version control.

import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import type { ConfigChange } from "@postrider/producer/config/plan-config";
import { PostriderError } from "@postrider/shared/errors";
import { stringifyExact } from "@postrider/shared/exact-json";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { readDocument } from "../documents.ts";
import { describeCount, toVisible } from "../readable.ts";
import { withService } from "../with-service.ts";

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function addConfig(program: Command, context: Context): void {
  const group = program
    .command("config")
    .description("Actions, snippets, operators' limits and subscriptions as one document");
  group
    .command("export [file]")
    .description("Write the configuration to a file (YAML, or JSON by its name), or print it")
    .option("--json", "as JSON")
    .action((file: string | undefined, { json }: { json?: boolean }) =>
      exportConfig(file, json === true, context),
    );
  group
    .command("apply <file>")
    .description("Apply a configuration from a YAML or JSON file, after showing what it changes")
    .option("--dry-run", "only show what would change; exits 1 when anything would")
    .option(
      "--prune",
      "archive actions, remove snippets and subscriptions, and take limits back, that its sections do not name",
    )
    .option("--yes", "do not ask")
    .option("--json", "for programs; applies without asking")
    .action((file: string, options: ApplyOptions) => apply(file, options, context));
}

async function exportConfig(
  file: string | undefined,
  asJson: boolean,
  { settings, output }: Context,
): Promise<void> {
  const { config } = await withService(settings(), (producer) => producer.config.export());
  if (file === undefined) {
    if (asJson) output.json(config);
    else output.line((await toYaml(config)).trimEnd());
    return;
  }
  const isJson = asJson || /\.json$/i.test(file);
  await write(file, isJson ? `${stringifyExact(config, 2)}\n` : await toYaml(config));
  output.note(`${describeCount(config.actions.length, "action")} written to ${file}`);
}

/** Not folded at a width: a line of a template stays a line, and a diff shows what has changed. */
async function toYaml(value: object): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new PostriderError("config_invalid", `${path}: ${(error as Error).message}`, { cause: error });
  }
}

async function apply(file: string, options: ApplyOptions, context: Context): Promise<void> {
  const { output, settings, end } = context;
  const document = await readDocument(file, "config_invalid");
  const { dryRun = false, prune = false, json = false } = options;
  await withService(settings(), async ({ config }) => {
    const { changes, digest } = await config.plan(document, { prune });
    if (!json) show(changes, context);
    const isApplied = changes.length > 0 && !dryRun && (await isWanted(options, context));
    // Against what was shown: nobody's change of the meantime is overwritten.
    if (isApplied) await config.apply(document, { prune, ifDigest: digest });
    if (changes.length > 0 && !isApplied) end(1);
    if (json) output.json({ dryRun, changes });
    else if (isApplied) output.line(`${describeCount(changes.length, "change")} applied`);
  });
}

async function isWanted({ yes, json }: ApplyOptions, context: Context): Promise<boolean> {
  return yes === true || json === true || isConfirmed(context);
}

/** Nobody can be asked where there is no terminal. */
async function isConfirmed({ surroundings: { stdin, stderr }, output }: Context): Promise<boolean> {
  if (!("isTTY" in stdin) || stdin.isTTY !== true || !output.isTerminal) {
    output.note("nothing was applied: nobody can be asked here; add --yes to apply this");
    return false;
  }
  const asking = createInterface({ input: stdin, output: stderr });
  const answer = await asking.question("apply this? [y/N] ");
  asking.close();
  return /^\s*y(es)?\s*$/i.test(answer);
}

const MARKS = { added: "+", changed: "~", removed: "-" } as const;
const VALUE_CHARS = 200;

function show(changes: readonly ConfigChange[], { output }: Context): void {
  const { paint } = output;
  const colours = { added: paint.green, changed: paint.yellow, removed: paint.red };
  if (changes.length === 0) output.line("nothing to change");
  for (const { kind, name, change, changes: parts } of changes) {
    const note = kind === "action" && change === "removed" ? " (archived)" : "";
    output.line(colours[change](`${MARKS[change]} ${kind} ${toVisible(name)}${note}`));
    if (change === "changed" && parts.length === 0) output.line("    a credential, which is not shown");
    for (const { pointer, from, to } of parts)
      output.line(`    ${toVisible(pointer) || "text"}  ${toText(from)} → ${toText(to)}`);
  }
}

function toText(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = toVisible(stringifyExact(value));
  return text.length <= VALUE_CHARS ? text : `${text.slice(0, VALUE_CHARS)}…`;
}
