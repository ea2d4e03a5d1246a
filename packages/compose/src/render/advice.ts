// What people write where Liquid has another word for it, and what to write instead.

const CONTAINS_NOT = "not … contains, with not in front of the whole: not customer.tags contains 'x'";

/** By how it begins. Ordered: what is longer comes first, so that a sign does not stand for one it begins. */
const MEANT: readonly (readonly [what: RegExp, instead: string])[] = [
  [/^&gt;/, "> itself, not its HTML entity"],
  [/^&lt;/, "< itself, not its HTML entity"],
  [/^&(?:quot|#34|#39|apos|[lr][sd]quo);/, "straight quotes (' or \"), not their HTML entity"],
  [/^&nbsp;/, "a plain space, not its HTML entity"],
  [/^&amp;/, "and"],
  [/^(?:(?:is\s+)?(?:greater|more)\s+than\s+or\s+equal|gte\b|=>|≥|!<)/i, ">="],
  [/^(?:(?:is\s+)?less\s+than\s+or\s+equal|lte\b|=<|≤|!>)/i, "<="],
  [/^(?:(?:is\s+)?(?:greater|more)\s+than|gt)\b/i, ">"],
  [/^(?:(?:is\s+)?less\s+than|lt)\b/i, "<"],
  [/^(?:(?:is\s+not|isnt|ne|neq)(?!\w)|≠|=!|!==|==!)/i, "!="],
  [/^=~/, "contains"],
  [/^(?:(?:is|eq|equals?)(?!\w)|=)/i, "=="],
  [/^(?:&&?|AND\b)/i, "and"],
  [/^\|\|/, "or in a condition, and | default: for a value that may be missing"],
  [/^OR\b/i, "or"],
  [/^(?:NOT\s+CONTAINS|does\s+not\s+contain|!\s*contains)\b/i, CONTAINS_NOT],
  [/^(?:!(?!=)|NOT\b)/i, "not"],
  [/^(?:CONTAINS|includes|in)\b/i, "contains"],
  [/^\(/, "it without parentheses; for conditions in conditions nest if in if, or assign a part first"],
  [/^[“”„‟‘’‚‛«»‹›´`″′]/, "straight quotes (' or \")"],
  [
    /^(?:\{\{\s*)?\$\{/,
    `customer.name in place of \${name} and custom_attribute.\${name}, and event.name in place of event_properties.\${name}`,
  ],
  [/^\?/, "{% if %} and {% else %}: a value has no ?"],
  [/^\+/, "the filter plus: or append:"],
  [/^-\s/, "the filter minus:"],
  [/^\*/, "the filter times:"],
  [/^\//, "the filter divided_by:"],
  [/^%(?!\})/, "the filter modulo:"],
];

/** What to write instead of what begins a text; empty where nobody knows. */
export function adviseOn(text: string): string {
  const [, instead] = MEANT.find(([what]) => what.test(text)) ?? [];
  return instead === undefined ? "" : `; write ${instead}`;
}

/**
 * What liquidjs says where it finds no operand, operator or filter, and how far before its column that
 * begins.
 */
const UNREAD: readonly (readonly [says: RegExp, back: number])[] = [
  [/^expected (?:"\|" before filter|filter name)/, 2],
  [/^expected ":" after filter name|^unexpected character|^invalid value expression|^unexpected token/, 1],
];

/**
 * What to say of a text that liquidjs cannot read, by what it says itself; null where it says it well enough.
 */
export function adviseOnUnread(source: string, message: string, line: number, column: number): string | null {
  const unread = "cannot be read from here on";
  if (message.startsWith("invalid range syntax")) return unread + adviseOn("(");
  const [, back] = UNREAD.find(([says]) => says.test(message)) ?? [];
  if (back === undefined) return null;
  const from = Math.max(0, column - back);
  const whole = source.split("\n")[line - 1] ?? "";
  const text = whole.slice(from).trim();
  if (/^expected ":"/.test(message)) return ofFilter(text, unread);
  if (/^\{%-?\s*assign\b[^=]*=$/.test(whole.slice(0, from).trim()) && text.startsWith("="))
    return `${unread}; write one = to assign`;
  if (SIGN.test(text)) return unread + MISPLACED;
  if (message.startsWith("invalid value") && text.startsWith("|")) return null;
  const advice = adviseOn(withSign(whole.slice(0, from), text));
  return advice === "" ? null : unread + advice;
}

/** Of a sign that is too long liquidjs reads as much as it knows: the rest alone would say something else. */
function withSign(before: string, text: string): string {
  return /^[=!]/.test(text) ? `${/[=!]=$/.exec(before)?.[0] ?? ""}${text}` : text;
}

/** A comparison's sign where none can stand: behind a filter's argument, or behind `when`. */
const SIGN = /^(?:==(?![=!])|!=|<>|[<>]=?)/;
const MISPLACED = "; write the comparison in if, or {% assign x = … %} it first";
const COMPARISON = /^(?:[=!<>]=?|<>|contains\b|and\b|or\b|is\b)/;

/** Behind a filter's name stands neither a colon nor the end. */
function ofFilter(text: string, unread: string): string {
  if (COMPARISON.test(text))
    return `${unread}: filters come last; write {% assign x = … %} with the filter, and compare x`;
  return `${unread}: an argument of a filter stands behind a colon; write | name: argument`;
}

const SHOWN_CHARS = 40;

/** A piece of a template, in a message. */
export function show(text: string): string {
  return `"${text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text}"`;
}
