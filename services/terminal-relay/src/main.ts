import { runService } from '@enishi/service';
import { terminalRelay } from './app.module.js';

await runService(terminalRelay);
