// Texts of strangers, made visible: control characters and marks that turn or hide text are shown by their
// number, so that what is read is what is there. Pure.

/** Controls but tab and line feed, marks of direction, what has no width, and lone halves of pairs. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;
const KEPT: ReadonlySet<string> = new Set(["\t", "\n"]);

export function makeVisible(text: string): string {
  return text.replace(HIDDEN, (mark) => {
    if (KEPT.has(mark)) return mark;
    const code = mark.codePointAt(0) ?? 0;
    return `‹U+${code.toString(16).toUpperCase().padStart(4, "0")}›`;
  });
}

/** JSON texts are shown indented, with every integer as it came; any other text as it is. */
export function isJsonLike(text: string): boolean {
  return /^\s*[[{]/.test(text);
}
