// `postrider actions`: save, look at, preview, check and try the templates of requests.

import type { Switched } from "@postrider/producer/actions/actions";
import { toActionRef } from "@postrider/shared/action-ref";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Command } from "commander";
import type { CheckOptions } from "../actions/check.ts";
import type { PreviewOptions } from "../actions/preview-command.ts";
import type { SampleOptions } from "../actions/sample.ts";
import { showWarnings } from "../actions/show.ts";
import { withMeantAction } from "../actions/with-meant-action.ts";
import type { Context } from "../context.ts";
import { describeTime } from "../readable.ts";
import type { Service } from "../service.ts";
import { withService } from "../with-service.ts";
import { parseTime } from "./arguments.ts";

/** What campaign tools show in previews; the same each time, so that what depends on it does not move. */
const PREVIEW_DELIVERY_ID = "unsent";

export function addActions(program: Command, context: Context): void {
  const group = program.command("actions").description("Templates of requests, saved as immutable versions");
  addStoreCommands(group, context);
  group
    .command("check <files...>")
    .description("Compose the examples of action files and compare; exits 1 when one differs")
    .option("--snippets <file>", "snippets by name as a JSON file, instead of the store's")
    .option("--json", "for programs")
    .action(async (files: string[], options: CheckOptions) => {
      const { check } = await import("../actions/check.ts");
      await check(files, options, context);
    });
  sampleOptions(group.command("preview <action>"))
    .description(
      "Show the request that a customer would get; <action> is a saved id, id@version, FILE or FILE#id",
    )
    .option("--delivery-id <id>", "what templates see as delivery_id", PREVIEW_DELIVERY_ID)
    .option("--at <time>", "when it is due: what templates call now (ISO 8601)", parseTime)
    .action(async (action: string, options: PreviewOptions) => {
      const { preview } = await import("../actions/preview-command.ts");
      await preview(action, options, context);
    });
  sampleOptions(group.command("test <action>"))
    .description("Send the request once, as a worker would, and show what came back")
    .option("--to <url>", "send to this URL instead of the action's")
    .action(async (action: string, options: SampleOptions & { to?: string }) => {
      const { test } = await import("../actions/test.ts");
      await test(action, options, context);
    });
}

function addStoreCommands(group: Command, { settings, output, ...context }: Context): void {
  group
    .command("apply <files...>")
    .description("Save actions from YAML or JSON files; the same content makes no new version")
    .option("--json", "for programs")
    .action(async (files: string[], { json }: { json?: boolean }) => {
      // All are checked before any is saved: a bad file changes nothing.
      const { loadFiles } = await import("../actions/load.ts");
      const { findWarnings } = await import("@postrider/compose/warnings");
      const loaded = await loadFiles(files, { settings, output, ...context });
      const applied = await withService(settings(), async ({ actions }) => {
        const results = [];
        for (const { document } of loaded) results.push(await actions.apply(document));
        return results;
      });
      if (json === true) return output.json({ actions: applied });
      for (const { source, compiled } of loaded) showWarnings(findWarnings(compiled), output, source);
      for (const saved of applied)
        output.line(
          `${toActionRef(saved)} ${saved.isNew ? "saved" : "unchanged"}${saved.isRestored ? ", and archived no more" : ""}`,
        );
    });
  group
    .command("list")
    .description("List the saved actions with their latest versions")
    .option("--archived", "archived ones, too")
    .option("--json", "for programs")
    .action(async ({ archived = false, json }: { archived?: boolean; json?: boolean }) => {
      const actions = await withService(settings(), (producer) => producer.actions.list({ archived }));
      if (json === true) return output.json({ actions });
      if (actions.length === 0) {
        const hasArchived = !archived && (await isAnyArchived(settings()));
        return output.line(
          hasArchived
            ? "all actions are archived; --archived lists them"
            : "no actions; save one with: postrider actions apply FILE",
        );
      }
      output.table(
        ["ACTION", "LATEST VERSION", ...(archived ? ["ARCHIVED"] : [])],
        actions.map(({ id, version, archivedAt }) => [
          id,
          version,
          ...(archived ? [archivedAt === null ? "no" : describeTime(archivedAt)] : []),
        ]),
      );
    });
  group
    .command("show <action>")
    .description("Show a saved action, its latest version or id@version")
    .option("--json", "for programs")
    .action(async (ref: string, { json }: { json?: boolean }) => {
      const saved = await withService(settings(), (producer) =>
        withMeantAction(producer, ref, () => producer.actions.get(ref)),
      );
      if (json === true) return output.json(saved);
      const { stringify } = await import("yaml");
      const since = saved.archivedAt === null ? "" : `, archived since ${describeTime(saved.archivedAt)}`;
      output.line(`# ${toActionRef(saved)}${since}\n${stringify(saved.action, { lineWidth: 0 }).trimEnd()}`);
    });
  addSwitch(group, { settings, output, ...context }, "archive", {
    description:
      "Enqueue nothing new for an action, within a second; what waits is sent, and its versions stay",
    change: (actions, id) => actions.archive(id),
    done: "archived: nothing new is enqueued for it; actions restore, or saving it again, brings it back",
    undone: "was archived already",
  });
  addSwitch(group, { settings, output, ...context }, "restore", {
    description: "Open an archived action again, as it was; saving a version does so, too",
    change: (actions, id) => actions.restore(id),
    done: "is open again",
    undone: "was open already",
  });
}

interface Switch {
  readonly description: string;
  readonly change: (actions: Service["actions"], id: string) => Promise<Switched>;
  readonly done: string;
  readonly undone: string;
}

function addSwitch(
  group: Command,
  { settings, output }: Context,
  name: string,
  { description, change, done, undone }: Switch,
): void {
  group
    .command(`${name} <id>`)
    .description(description)
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { isChanged } = await withService(settings(), ({ actions }) => change(actions, id));
      if (json === true) return output.json({ id, isChanged });
      output.line(`${id} ${isChanged ? done : undone}`);
    });
}

function sampleOptions(command: Command): Command {
  return command
    .requiredOption("--customer <file>", "a customer as a JSON file")
    .option("--event <file>", "an event as a JSON file")
    .option("--values <file>", "event_name, trigger, journey, campaign, … as a JSON file")
    .option("--snippets <file>", "snippets by name as a JSON file, instead of the store's")
    .option("--json", "for programs");
}

async function isAnyArchived(settings: Settings): Promise<boolean> {
  const all = await withService(settings, ({ actions }) => actions.list({ archived: true }));
  return all.length > 0;
}
