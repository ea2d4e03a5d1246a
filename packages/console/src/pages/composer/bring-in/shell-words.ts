// A line as a shell takes it apart: words by blanks, quotes of all kinds, and lines that go on. Pure; nothing
// is run, and nothing is put in for variables.

/** What a backslash stands for within `$'…'`. */
const ANSI: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0", a: "\u0007", b: "\b" };

/** A piece of a word, each with the way its content is read. */
const PIECE =
  /\$'((?:[^'\\]|\\[\s\S])*)'|'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|(\s+)|([\s\S])/g;

/** @throws Error for a quote that never ends. */
export function toShellWords(line: string): string[] {
  // A line goes on behind a backslash, or, as Windows has it, behind a caret.
  const whole = line.replace(/[\\^]\r?\n/g, " ");
  const words: string[] = [];
  let word: string | null = null;
  for (const [, ansi, single, double, escaped, plain, blank, stray] of whole.matchAll(PIECE)) {
    if (stray !== undefined) throw new Error(`A quotation mark (${stray}) has no end.`);
    if (blank !== undefined) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word = (word ?? "") + (readAnsi(ansi) ?? single ?? readDouble(double) ?? escaped ?? plain ?? "");
  }
  return word === null ? words : [...words, word];
}

function readAnsi(text: string | undefined): string | undefined {
  return text?.replace(/\\(?:u([0-9a-fA-F]{1,4})|x([0-9a-fA-F]{1,2})|([\s\S]))/g, (_, unicode, hex, one) => {
    if (one !== undefined) return ANSI[one] ?? one;
    return String.fromCharCode(Number.parseInt(unicode ?? hex, 16));
  });
}

function readDouble(text: string | undefined): string | undefined {
  return text?.replace(/\\(["\\$`])/g, "$1");
}
