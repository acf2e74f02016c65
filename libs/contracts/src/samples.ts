/** Samples of every message: for the specs, for docs/messages.md, for loads. Not part of what services import. */
import { samples as connectionErased } from './command-dispatcher/connection-erased.samples.js';
import { samples as enrolTerminal } from './command-dispatcher/enrol-terminal.samples.js';
import { samples as getOrder } from './command-dispatcher/get-order.samples.js';
import { samples as openSession } from './command-dispatcher/open-session.samples.js';
import { samples as runEnded } from './command-dispatcher/run-ended.samples.js';
import type { Samples } from './message.js';
import { samples as acceptResult } from './parser/accept-result.samples.js';
import { samples as commitRun } from './parser/commit-run.samples.js';
import { samples as pageRead } from './parser/page-read.samples.js';
import { samples as closeSession } from './terminal-relay/close-session.samples.js';
import { samples as deliverOrder } from './terminal-relay/deliver-order.samples.js';
import { samples as getPresence } from './terminal-relay/get-presence.samples.js';
import { samples as terminalAttached } from './terminal-relay/terminal-attached.samples.js';

export const SAMPLES: readonly Samples[] = [
  enrolTerminal,
  openSession,
  getOrder,
  runEnded,
  connectionErased,
  deliverOrder,
  closeSession,
  getPresence,
  terminalAttached,
  acceptResult,
  commitRun,
  pageRead,
];
