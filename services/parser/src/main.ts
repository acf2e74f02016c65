import { runService } from '@enishi/service';
import { parser } from './app.module.js';

await runService(parser);
