// The tree of commands without running any: what help prints, and where a line for a shell would lead.

import { PassThrough } from "node:stream";
import { plant as plantAt } from "../../scripts/cli-page.ts";

export type Command = ReturnType<typeof plantAt>;

/** The tree of commands, and what it prints. */
export function plant(): { program: Command; printed: () => string } {
  const stdout = new PassThrough();
  return { program: plantAt(stdout), printed: () => String(stdout.read() ?? "") };
}

export function* walk(command: Command, path: string): Generator<readonly [string, Command]> {
  yield [path, command];
  for (const child of command.commands)
    if (!child.name().startsWith("__")) yield* walk(child, `${path} ${child.name()}`);
}

/** The words of each command line of ours in a line for a shell. */
export function commandLines(line: string): string[][] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(&&|[|;<>#])|([^\s|;<>&'"]+)/g)];
  const lines: string[][] = [];
  let current: string[] | null = null;
  for (const [, single, double, end, bare] of words) {
    if (end !== undefined) current = null;
    else if (bare === "postrider") {
      current = [];
      lines.push(current);
    } else current?.push(single ?? double ?? bare ?? "");
  }
  return lines;
}

/** Which command a line leads to, with nothing done. @throws what commander has against it. */
export async function lead(words: string[]): Promise<string> {
  const { program: other, printed: said } = plant();
  const ran: string[] = [];
  for (const [name, leaf] of walk(other, "postrider"))
    if (leaf.commands.length === 0) leaf.action(() => void ran.push(name));
  await other.parseAsync(words, { from: "user" }).catch((error: Error) => {
    throw new Error(`${words.join(" ")}: ${error.message}\n${said()}`);
  });
  return ran.join();
}
