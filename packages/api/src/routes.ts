// The table of all routes, and the documents that are made of it.

import { renderDocsPage, STYLE } from "./docs-page.ts";
import { renderOpenApi } from "./openapi.ts";
import type { Route } from "./route/route.ts";
import { createDescriptionRoutes } from "./routes/description.ts";
import { healthRoutes } from "./routes/health.ts";
import { runRoutes } from "./routes/runs.ts";
import { sendCustomers } from "./routes/send-customers.ts";

/** In the order in which people are shown them. */
export const ROUTES: readonly Route[] = [
  sendCustomers,
  ...runRoutes,
  ...healthRoutes,
  ...createDescriptionRoutes({
    document: once(() => `${JSON.stringify(renderOpenApi(ROUTES), null, 2)}\n`),
    page: once(() => renderDocsPage(renderOpenApi(ROUTES))),
    style: () => STYLE,
  }),
];

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
