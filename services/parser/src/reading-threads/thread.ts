/** What runs in one reading thread: a job in, a message out, again and again. It imports the reader and nothing else. */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { type ReadAnswer, type ReadingJob, readJob } from './reading-job.js';

export type ThreadMessage =
  | { readonly is: 'ready' }
  | { readonly is: 'read'; readonly answer: ReadAnswer; readonly usedMs: number }
  | { readonly is: 'broken'; readonly err: unknown };

const port = parentPort;
if (port === null) throw new Error('this file is started as a thread');
const say = (message: ThreadMessage) => port.postMessage(message);

/** Nicer than the thread that answers requests: a third of the processor when both want it. */
const NICER = 5;
const NICEST = 19;
// Linux gives a priority to a thread; elsewhere it would be that of the whole process.
if (process.platform === 'linux') setPriority(Math.min(getPriority() + NICER, NICEST));

port.on('message', (job: ReadingJob) => {
  try {
    const before = process.threadCpuUsage();
    const answer = readJob(job);
    const { user, system } = process.threadCpuUsage(before);
    say({ is: 'read', answer, usedMs: (user + system) / 1_000 });
  } catch (err) {
    say({ is: 'broken', err });
  }
});
say({ is: 'ready' });
