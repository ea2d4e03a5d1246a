// The page at /docs: the OpenAPI description as plain HTML. It needs no script; its style is a file of its
// own.

import { ERROR_CODES } from "@postrider/shared/error-codes";

/** What the page reads of the description. */
interface Described {
  readonly components?: { readonly schemas: Readonly<Record<string, unknown>> };
  readonly info?: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, Reply>>;
}

/** A problem as a reference, beside the codes that it may have. */
interface Reply {
  readonly description: string;
  readonly content?: Content;
  readonly $ref?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
}

type Content = Readonly<Record<string, { readonly schema: unknown }>>;

export const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{border-top:1px solid #d0d7de;padding-top:1rem;font:600 1.05rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
h2 b{display:inline-block;min-width:4.5rem;color:#0550ae}
pre{background:#f6f8fa;padding:.75rem;overflow:auto;max-height:24rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #eaeef2}
code{font-family:ui-monospace,monospace}
:target{background:#fff8c5}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}h2 b{color:#79c0ff}a{color:#79c0ff}th,td,h2{border-color:#30363d}:target{background:#3b2e00}}
`;

/** @param document as `renderOpenApi` gives it. */
export function renderDocsPage(document: Described): string {
  const { info, paths = {} } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      ...operation,
    })),
  );
  const codes = Object.entries(ERROR_CODES).map(
    ([code, { status, text }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${toHtml(text)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${toHtml(info?.title ?? "")} API</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<h1>${toHtml(info?.title ?? "")} ${toHtml(info?.version ?? "")}</h1>
<p>${toHtml(info?.description ?? "")} For programs: <a href="/openapi.json">openapi.json</a>.</p>
<ul>
${operations.map(({ operationId, method, path, summary }) => `<li><a href="#${operationId}"><code>${method} ${toHtml(path)}</code></a> ${toHtml(summary)}</li>`).join("\n")}
</ul>
${operations.map(renderOperation).join("\n")}
<h2>Schemas</h2>
${Object.entries(document.components?.schemas ?? {})
  .map(([name, schema]) => `<h3 id="${name}">${name}</h3>\n${renderContent({ [name]: { schema } })}`)
  .join("\n")}
<h2>Errors</h2>
<table>
<tr><th>code</th><th>status</th><th>meaning</th></tr>
${codes.join("\n")}
</table>
</body>
</html>
`;
}

function renderOperation(operation: Operation & { readonly path: string; readonly method: string }): string {
  const { operationId, method, path, summary, description = "", parameters, requestBody } = operation;
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${toHtml(parameter.name)}</code></td><td>${parameter.in}${parameter.required ? ", required" : ""}</td><td>${toHtml(parameter.description ?? "")}</td></tr>`,
  );
  return `<section id="${operationId}">
<h2><b>${method}</b> ${toHtml(path)}</h2>
<p>${toHtml(summary)}. ${toHtml(description)}</p>
${rows.length === 0 ? "" : `<table>\n${rows.join("\n")}\n</table>`}
${requestBody === undefined ? "" : `<h3>Body</h3>\n${renderContent(requestBody.content)}`}
${Object.entries(operation.responses)
  .map(([status, reply]) => `<h3>${status}</h3>\n${renderReply(reply)}`)
  .join("\n")}
</section>`;
}

function renderReply({ description, content, $ref }: Reply): string {
  const text = description
    .split("\n\n")
    .map((line) => `<p>${toHtml(line)}</p>`)
    .join("\n");
  if ($ref !== undefined) return linkCodes(text);
  return content === undefined ? text : `${text}\n${renderContent(content)}`;
}

/** Codes, to where they are explained. */
function linkCodes(html: string): string {
  return html.replace(/<code>(\w+)<\/code>/g, '<a href="#$1"><code>$1</code></a>');
}

function renderContent(content: Content): string {
  return Object.entries(content)
    .map(
      ([type, { schema }]) =>
        `<details><summary><code>${toHtml(type)}</code></summary>\n<pre>${toHtml(JSON.stringify(schema, null, 2))}</pre>\n</details>`,
    )
    .join("\n");
}

/** Text as HTML; what stands in backquotes is code. */
function toHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/`([^`]+)`/g, "<code>$1</code>");
}
