// Labels: short texts that a sender gives deliveries, to find them by and to know them again when their
// outcomes come back. Never labels of a metric: their number is nobody's to bound.

export const LABELS_MAX = 10;
const LABEL_CHARS_MAX = 50;
/** Letters of any script, digits and the punctuation of names; no blanks and commas, which part lists. */
const LABEL = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._:/@+-]*$/u;

export const LABELS_RULE = `be at most ${LABELS_MAX} different texts of 1 to ${LABEL_CHARS_MAX} letters, digits and . _ : / @ + -, each beginning with a letter or digit`;

/** Whether a value is a list of labels. */
export function areLabels(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= LABELS_MAX &&
    new Set(value).size === value.length &&
    value.every((label) => typeof label === "string" && label.length <= LABEL_CHARS_MAX && LABEL.test(label))
  );
}
