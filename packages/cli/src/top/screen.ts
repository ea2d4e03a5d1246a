// The terminal while `postrider top` has it: another screen, keys as they are pressed, and everything as it
// was before when it ends, however it ends.

import type { Surroundings } from "../output.ts";
import type { Size } from "./frame.ts";
import { toKeys } from "./key-presses.ts";

const ESCAPE = "\u001b[";
/** The alternate screen, no cursor, and no wrapping of a line that just fits. */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l${ESCAPE}2J`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
const HOME = `${ESCAPE}H`;
const TO_END_OF_LINE = `${ESCAPE}K`;
const TO_END_OF_SCREEN = `${ESCAPE}J`;

/** Long enough for a stop to take hold, where it does. */
const STOPPING_MS = 100;
/** Of a terminal that does not tell. */
const COLUMNS = 80;
const ROWS = 24;

export interface Screen {
  size(): Size;
  draw(lines: readonly string[]): void;
  /** Gives the terminal back to the shell until it says to go on. */
  suspend(): void;
  leave(): void;
}

export interface ScreenEvents {
  onKey(key: string): void;
  /** The terminal has another size, or was somebody else's for a while. */
  onChange(): void;
}

/** Takes the terminal over. The caller gives it back with `leave`; the end of the process does so, too. */
export function takeScreen(
  { stdin, stdout }: Pick<Surroundings, "stdin" | "stdout">,
  { onKey, onChange }: ScreenEvents,
): Screen {
  let isTaken = false;
  let isOver = false;
  const enter = (): void => {
    if (isTaken || isOver) return;
    isTaken = true;
    stdin.setRawMode?.(true);
    stdout.write(ENTER);
  };
  const giveBack = (): void => {
    if (!isTaken) return;
    isTaken = false;
    stdout.write(LEAVE);
    stdin.setRawMode?.(false);
  };
  const hear = (input: string | Buffer): void => {
    for (const key of toKeys(String(input))) onKey(key);
  };
  const goOn = (): void => {
    // Whoever had the terminal meanwhile may have set it otherwise.
    giveBack();
    enter();
    onChange();
  };
  const suspend = (): void => {
    giveBack();
    process.off("SIGTSTP", suspend);
    // To the whole group, as the terminal does: whatever started this one stops as well. Where nobody could
    // let it go on (a session without job control) the system does not stop it.
    process.kill(0, "SIGTSTP");
    setTimeout(() => {
      if (isOver) return;
      process.on("SIGTSTP", suspend);
      goOn();
    }, STOPPING_MS);
  };

  process.on("exit", giveBack);
  process.on("SIGTSTP", suspend);
  process.on("SIGCONT", goOn);
  stdout.on("resize", onChange);
  stdin.on("data", hear);
  stdin.resume();
  enter();
  return {
    size: () => ({ columns: stdout.columns ?? COLUMNS, rows: stdout.rows ?? ROWS }),
    draw(lines) {
      if (!isTaken) return;
      stdout.write(`${HOME}${lines.map((line) => line + TO_END_OF_LINE).join("\r\n")}${TO_END_OF_SCREEN}`);
    },
    suspend,
    leave() {
      isOver = true;
      process.off("exit", giveBack);
      process.off("SIGTSTP", suspend);
      process.off("SIGCONT", goOn);
      stdout.off("resize", onChange);
      stdin.off("data", hear);
      stdin.pause();
      giveBack();
    },
  };
}
