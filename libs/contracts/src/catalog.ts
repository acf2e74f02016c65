/** Every message and every HTTP route of the platform. Permissions, documents and provisioning are generated from it. */
import { connectionErased } from './command-dispatcher/connection-erased.js';
import { enrolTerminal } from './command-dispatcher/enrol-terminal.js';
import { getOrder } from './command-dispatcher/get-order.js';
import { openSession } from './command-dispatcher/open-session.js';
import * as dispatcherRoutes from './command-dispatcher/routes.js';
import { runEnded } from './command-dispatcher/run-ended.js';
import type { EventContract, RequestContract } from './message.js';
import { acceptResult } from './parser/accept-result.js';
import { commitRun } from './parser/commit-run.js';
import { pageRead } from './parser/page-read.js';
import * as parserRoutes from './parser/routes.js';
import type { RouteContract } from './route.js';
import { closeSession } from './terminal-relay/close-session.js';
import { deliverOrder } from './terminal-relay/deliver-order.js';
import { getPresence } from './terminal-relay/get-presence.js';
import { terminalAttached } from './terminal-relay/terminal-attached.js';

export const REQUESTS: readonly RequestContract[] = [
  enrolTerminal,
  openSession,
  getOrder,
  deliverOrder,
  closeSession,
  getPresence,
  acceptResult,
  commitRun,
];
export const EVENTS: readonly EventContract[] = [runEnded, connectionErased, terminalAttached, pageRead];
export const ROUTES: readonly RouteContract[] = [...Object.values(dispatcherRoutes), ...Object.values(parserRoutes)].filter(
  (value): value is RouteContract & typeof value => typeof value === 'object' && 'kind' in value && value.kind === 'route',
);
