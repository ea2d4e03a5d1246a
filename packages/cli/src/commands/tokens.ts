// `postrider tokens`: who may use the HTTP API. A token's text is printed once, when it is made.

import type { TokenListed } from "@postrider/producer/tokens/token-store";
import { SCOPES, type Scope } from "@postrider/shared/api-token";
import { type Command, Option } from "commander";
import type { Context } from "../context.ts";
import { describeTime } from "../readable.ts";
import { withService } from "../with-service.ts";

interface Options {
  readonly scope: Scope[];
  readonly action?: string[];
  readonly lane?: string[];
  readonly expires?: string;
  readonly json?: boolean;
}

export function addTokens(program: Command, context: Context): void {
  const { settings, output } = context;
  const group = program.command("tokens").description("Who may use the HTTP API");
  group
    .command("create <name>")
    .description("Make a token and print it, this once")
    .addOption(
      new Option("--scope <scope...>", "what it may do; manage holds read and enqueue, admin holds all")
        .choices(SCOPES)
        .makeOptionMandatory(),
    )
    .option("--action <id...>", "the only actions that it reaches")
    .option("--lane <name...>", "the only shared lanes that it reaches")
    .option("--expires <time>", "no longer valid from then on, such as 2027-01-31T00:00:00Z")
    .option("--json", "for programs")
    .action(async (name: string, { scope, action, lane, expires, json }: Options) => {
      const made = await withService(settings(), ({ tokens }) =>
        tokens.create({
          name,
          scopes: scope,
          ...(action !== undefined && { actions: action }),
          ...(lane !== undefined && { lanes: lane }),
          ...(expires !== undefined && { expiresAt: expires }),
        }),
      );
      if (json === true) return output.json(made);
      output.line(made.token);
      output.note(`the token ${made.id} (${describeGrant(made)}); it is kept nowhere, so keep it now`);
    });
  group
    .command("list")
    .description("List tokens, what they grant and when they expire; never their texts")
    .option("--json", "for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const listed = await withService(settings(), ({ tokens }) => tokens.list());
      if (json === true) return output.json({ tokens: listed });
      if (listed.length === 0)
        return output.line("no tokens; make one with: postrider tokens create NAME --scope enqueue");
      output.table(
        ["ID", "NAME", "GRANTS", "MADE", "EXPIRES"],
        listed.map((token) => [
          token.id,
          token.name,
          describeGrant(token),
          describeTime(token.createdAt),
          token.expiresAt ?? "never",
        ]),
      );
    });
  group
    .command("revoke <id>")
    .description("Revoke a token: within a second it is refused everywhere")
    .option("--json", "for programs")
    .action(async (id: string, { json }: { json?: boolean }) => {
      await withService(settings(), ({ tokens }) => tokens.revoke(id));
      if (json === true) return output.json({ revoked: id });
      output.line(`${id} revoked`);
    });
}

function describeGrant({ scopes, actions, lanes }: TokenListed): string {
  const parts = [
    scopes.join(", "),
    ...(actions === undefined ? [] : [`actions ${actions.join(", ")}`]),
    ...(lanes === undefined ? [] : [`lanes ${lanes.join(", ")}`]),
  ];
  return parts.join("; ");
}
