import { runService } from '@enishi/service';
import { commandDispatcher } from './app.module.js';

await runService(commandDispatcher);
