// The API's description of itself: as a document for programs, and as a page for people. The page holds no
// script and no style of its own, so that `default-src 'self'` stands.

import { defineRoute, type Route } from "../route/route.ts";

/** @param render the document, made when it is asked for first. */
export function createDescriptionRoutes(render: {
  readonly document: () => string;
  readonly page: () => string;
  readonly style: () => string;
}): readonly Route[] {
  const add = (id: string, path: string, type: string, summary: string, text: () => string): Route =>
    defineRoute({
      id,
      method: "GET",
      path,
      scope: null,
      narrowing: "nothing",
      summary,
      replies: { 200: summary },
      text: { type: type.split(";")[0] ?? type },
      handle: () => ({ status: 200, text: { type, text: text() } }),
    });
  return [
    add(
      "getOpenApi",
      "/openapi.json",
      "application/json; charset=utf-8",
      "This description (OpenAPI 3.1)",
      render.document,
    ),
    add("getDocs", "/docs", "text/html; charset=utf-8", "This description, as a page", render.page),
    add("getDocsStyle", "/docs.css", "text/css; charset=utf-8", "The page's style", render.style),
  ];
}
