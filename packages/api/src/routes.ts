// The table of all routes, and the documents that are made of it.

import { renderDocsPage, STYLE } from "./docs-page.ts";
import { renderOpenApi } from "./openapi.ts";
import type { Route } from "./route/route.ts";
import { actionRoutes } from "./routes/actions.ts";
import { auditRoute } from "./routes/audit.ts";
import { binRoute } from "./routes/bin.ts";
import { callerRoute } from "./routes/caller.ts";
import { changeDeliveryRoutes } from "./routes/change-delivery.ts";
import { composeHelpRoutes } from "./routes/compose-help.ts";
import { configRoutes } from "./routes/config.ts";
import { customerRoutes } from "./routes/customers.ts";
import { deadLetterWorkRoutes } from "./routes/dead-letter-work.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { createDescriptionRoutes } from "./routes/description.ts";
import { destinationRoutes } from "./routes/destinations.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { listDeliveriesRoute } from "./routes/list-deliveries.ts";
import { metricRoutes } from "./routes/metrics.ts";
import { outcomeRoutes } from "./routes/outcomes.ts";
import { overviewRoutes } from "./routes/overview.ts";
import { previewRoutes } from "./routes/preview.ts";
import { runRoutes } from "./routes/runs.ts";
import { sendCustomers } from "./routes/send-customers.ts";
import { statusRoute } from "./routes/status.ts";
import { storeRoutes } from "./routes/store.ts";
import { subscriptionRoutes } from "./routes/subscriptions.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { testSendRoute } from "./routes/test-send.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { tryCustomersRoute } from "./routes/try-customers.ts";

/** In the order in which people are shown them. */
export const ROUTES: readonly Route[] = [
  ...actionRoutes,
  ...previewRoutes,
  ...composeHelpRoutes,
  testSendRoute,
  binRoute,
  listDeliveriesRoute,
  ...deliveryRoutes,
  ...changeDeliveryRoutes,
  sendCustomers,
  tryCustomersRoute,
  ...runRoutes,
  ...customerRoutes,
  ...outcomeRoutes,
  ...metricRoutes,
  ...eventRoutes,
  ...subscriptionRoutes,
  ...deadLetterRoutes,
  ...deadLetterWorkRoutes,
  ...destinationRoutes,
  statusRoute,
  ...overviewRoutes,
  ...storeRoutes,
  ...configRoutes,
  ...taskRoutes,
  ...tokenRoutes,
  callerRoute,
  auditRoute,
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
