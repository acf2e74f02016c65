import { loadConfig } from './config.js';
import { startParser } from './parser.js';

await startParser(loadConfig());
