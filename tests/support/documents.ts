// Documents as tests read them: fenced blocks in their order, headings as anchors, lines for a shell.

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks, in the order of the page. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
}

/** The page without what stands in code. */
export function withoutCode(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, "").replace(/^ {4}.*$/gm, "");
}

/** The anchors that GitHub makes of a page's headings. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutCode(markdown).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Where links and pictures of a page lead, addresses left out: `[path, anchor]`, empty where absent. */
export function linksOf(markdown: string): [path: string, anchor: string][] {
  const links = [...withoutCode(markdown).matchAll(/\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)/g)];
  return links.map(([, path = "", anchor = ""]) => [path, anchor]);
}

/** Lines of a page's code that begin with our command. */
export function commandLinesOf(markdown: string): string[] {
  const code = [...markdown.matchAll(/^```[\s\S]*?^```$|^ {4}.*$/gm)].map(([text]) => text).join("\n");
  return [...code.matchAll(/^ *(?:\w+=\S* )*(?:npx )?(postrider .*)$/gm)].map(([, line = ""]) => line);
}
