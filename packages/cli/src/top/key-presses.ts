// From the bytes that a terminal sends to keys by name. Pure.

const NAMES: Readonly<Record<string, string>> = {
  "\t": "tab",
  "\r": "enter",
  "\n": "enter",
  "\u0003": "ctrl-c",
  "\u001a": "ctrl-z",
  "\u001b": "escape",
  "\u007f": "backspace",
  "\b": "backspace",
  "\u001b[A": "up",
  "\u001b[B": "down",
  "\u001bOA": "up",
  "\u001bOB": "down",
  "\u001b[Z": "shift-tab",
};

/** A control sequence, one in the terminal's application mode, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what keys send.
const KEY = /\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Z]|[\s\S]/gu;

/** The keys of a piece of input; one that has no name and is no character is called as it is. */
export function toKeys(input: string): string[] {
  return [...input.matchAll(KEY)].map(([bytes]) => NAMES[bytes] ?? bytes);
}
