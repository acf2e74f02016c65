import { startCommandDispatcher } from './command-dispatcher.js';
import { loadConfig } from './config.js';

await startCommandDispatcher(loadConfig());
