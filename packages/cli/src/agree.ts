// Asking whoever sits at the terminal before something large is done.

import { createInterface } from "node:readline";
import type { Surroundings } from "./output.ts";

/** Whether somebody at the terminal says yes; null where nobody can be asked. */
export async function agree(question: string, { stdin, stderr }: Surroundings): Promise<boolean | null> {
  if (!("isTTY" in stdin && stdin.isTTY === true)) return null;
  const asking = createInterface({ input: stdin, output: stderr });
  return await new Promise((resolve) => {
    // Ctrl-C and Ctrl-D say no.
    asking.once("SIGINT", () => asking.close());
    asking.once("close", () => resolve(false));
    asking.question(`${question} [y/N] `, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      asking.close();
    });
  });
}
