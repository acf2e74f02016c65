/** What runs in one reading thread: a job in, a message out, again and again. It imports the reader and nothing else. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { type ReadingJob, readJob } from './reading-job.js';

export type ThreadMessage =
  | { readonly is: 'ready' }
  | { readonly is: 'read'; readonly json: string }
  | { readonly is: 'broken'; readonly err: unknown };

const port = parentPort;
if (port === null) throw new Error('this file is started as a thread');
const say = (message: ThreadMessage) => port.postMessage(message);

// Whoever waits for an answer of this process goes before whoever waits for a page. Linux gives a priority to a thread;
// elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

port.on('message', (job: ReadingJob) => {
  try {
    say({ is: 'read', json: readJob(job) });
  } catch (err) {
    say({ is: 'broken', err });
  }
});
say({ is: 'ready' });
