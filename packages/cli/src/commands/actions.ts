// `postrider actions`: save, look at, preview and try the templates of requests.

import { compileAction } from "@postrider/compose/compile";
import { type Composed, toShown } from "@postrider/compose/request";
import { parseAction, toActionRef } from "@postrider/shared/action";
import { type Customer, type EventData, newDeliveryId } from "@postrider/shared/delivery";
import { describeProblems, type Problem } from "@postrider/shared/errors";
import { createComposer } from "@postrider/worker/compose/composer";
import { testAction } from "@postrider/worker/test-send";
import type { Command } from "commander";
import pc from "picocolors";
import { stringify } from "yaml";
import { isActionFile, readAction, readActionDocuments, readCustomer, readEvent } from "../documents.ts";
import { withProducer } from "../producer.ts";
import type { Context } from "../program.ts";

interface Sample {
  readonly customer: string;
  readonly event?: string;
  readonly json?: boolean;
}

export function addActions(program: Command, context: Context): void {
  const group = program.command("actions").description("Templates of requests, saved as immutable versions");
  addStoreCommands(group, context);
  sampleOptions(group.command("preview <action>"))
    .description("Show the request that a customer would get; <action> is a saved id, id@version, or a file")
    .action((action: string, sample: Sample) => preview(action, sample, context));
  sampleOptions(group.command("test <action>"))
    .description("Send the request once, as a worker would, and show what came back")
    .option("--to <url>", "send to this URL instead of the action's")
    .action((action: string, sample: Sample & { to?: string }) => test(action, sample, context));
}

function addStoreCommands(group: Command, { settings, output }: Context): void {
  group
    .command("apply <files...>")
    .description("Save actions from YAML or JSON files; the same content makes no new version")
    .option("--json", "for programs")
    .action(async (files: string[], { json }: { json?: boolean }) => {
      const documents = (await Promise.all(files.map(readActionDocuments))).flat();
      // All are checked before any is saved: a bad file changes nothing.
      for (const document of documents) compileAction(parseAction(document));
      const applied = await withProducer(settings(), async ({ actions }) => {
        const results = [];
        for (const document of documents) results.push(await actions.apply(document));
        return results;
      });
      if (json === true) return output.json({ actions: applied });
      for (const saved of applied)
        output.line(`${toActionRef(saved)} ${saved.isNew ? "saved" : "unchanged"}`);
    });
  group
    .command("list")
    .description("List the saved actions with their latest versions")
    .option("--json", "for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const actions = await withProducer(settings(), (producer) => producer.actions.list());
      if (json === true) return output.json({ actions });
      if (actions.length === 0) return output.line("no actions; save one with: postrider actions apply FILE");
      output.table(
        ["ACTION", "LATEST VERSION"],
        actions.map(({ id, version }) => [id, version]),
      );
    });
  group
    .command("show <action>")
    .description("Show a saved action, its latest version or id@version")
    .option("--json", "for programs")
    .action(async (ref: string, { json }: { json?: boolean }) => {
      const saved = await withProducer(settings(), (producer) => producer.actions.get(ref));
      if (json === true) return output.json(saved);
      output.line(`# ${toActionRef(saved)}\n${stringify(saved.action).trimEnd()}`);
    });
}

function sampleOptions(command: Command): Command {
  return command
    .requiredOption("--customer <file>", "a customer as a JSON file")
    .option("--event <file>", "an event as a JSON file")
    .option("--json", "for programs");
}

async function load(action: string, sample: Sample, { settings }: Context) {
  const customer = await readCustomer(sample.customer);
  const event = sample.event === undefined ? undefined : await readEvent(sample.event);
  const document = isActionFile(action)
    ? await readAction(action)
    : (await withProducer(settings(), (producer) => producer.actions.get(action))).action;
  return { action: document, scope: toScope(customer, event) };
}

function toScope(customer: Customer, event: EventData | undefined): Record<string, unknown> {
  return event === undefined ? { customer } : { customer, event };
}

async function preview(ref: string, sample: Sample, context: Context): Promise<void> {
  const { action, scope } = await load(ref, sample, context);
  const { output } = context;
  const composer = createComposer();
  const facts = { id: newDeliveryId(), dueAt: Date.now() };
  const composed = await composer.compose(compileAction(action), facts, scope);
  await composer.close();
  if (composed.kind === "problem") context.end(1);
  if (sample.json === true) {
    const shown =
      composed.kind === "request"
        ? toShown(composed.request)
        : { method: action.method, url: null, headers: [], body: null };
    return output.json({ ...shown, problems: toProblems(composed) });
  }
  if (composed.kind === "request") return showRequest(toShown(composed.request), context);
  if (composed.kind === "cancelled")
    return output.line(`the template cancels this delivery: ${composed.message}`);
  output.fail(`this delivery would fail (${composed.reason}):\n${describeProblems(composed.problems)}`, {
    problems: composed.problems,
  });
}

function toProblems(composed: Composed): readonly Problem[] {
  if (composed.kind === "request") return [];
  return composed.kind === "problem"
    ? composed.problems
    : [{ field: "", code: "cancelled", message: composed.message }];
}

function showRequest({ method, url, headers, body }: ReturnType<typeof toShown>, { output }: Context): void {
  output.line(`${pc.bold(method)} ${url}`);
  for (const { name, value } of headers) output.line(`${pc.dim(`${name}:`)} ${value}`);
  if (body !== null) output.line(`\n${body}`);
}

async function test(ref: string, sample: Sample & { to?: string }, context: Context): Promise<void> {
  const { action, scope } = await load(ref, sample, context);
  const redirected = sample.to === undefined ? action : { ...action, url: sample.to };
  const result = await testAction(redirected, scope, context.settings());
  if (result.verdict !== "delivered") context.end(1);
  if (sample.json === true) return context.output.json(result);
  const { request, reply, fault, timings, verdict, reason, problems } = result;
  if (request !== null) showRequest(request, context);
  if (reply !== null) context.output.line(`\n${pc.bold(`← ${reply.status}`)}\n${reply.body}`);
  if (fault !== null) context.output.line(`\n${pc.red(`← ${fault.code}`)}: ${fault.message}`);
  if (problems.length > 0) context.output.fail(describeProblems(problems), { problems });
  context.output.line(`\n${verdict} (${reason}) in ${timings.totalMs.toFixed(1)} ms`);
}
