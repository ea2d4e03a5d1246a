// Whether a template writes JSON by hand, as one must where nothing is escaped: told by its text alone, since
// what a body is taken for is decided before it is parsed.

/** A literal in an output or tag, which braces in it may have cut. */
const LITERAL = /'([^']*)(?:'|$)|"([^"]*)(?:"|$)/g;
/** JSON of which something is then cut off. */
const CUT = /\|\s*(?:json|to_json|jsonify)\s*\|\s*(?:slice|truncate)\b/;

/** Whether its literals hold quote marks or backslashes, which are there to be put into JSON or out of it. */
export function writesJsonByHand(template: string): boolean {
  const opening = /\{[{%]/g;
  for (let match = opening.exec(template); match !== null; match = opening.exec(template)) {
    const end = template.indexOf(match[0] === "{{" ? "}}" : "%}", match.index + 2);
    if (end < 0) return false;
    const liquid = template.slice(match.index, end);
    if (CUT.test(liquid) || hasQuotes(liquid)) return true;
    opening.lastIndex = end;
  }
  return false;
}

function hasQuotes(liquid: string): boolean {
  return [...liquid.matchAll(LITERAL)].some(([, single, double]) => /["\\]/.test(single ?? double ?? ""));
}
