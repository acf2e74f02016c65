import { loadConfig } from './config.js';
import { startTerminalRelay } from './terminal-relay.js';

await startTerminalRelay(loadConfig());
