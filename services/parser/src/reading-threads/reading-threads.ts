/**
 * The threads in which answers of banks are read. A page is written by somebody else: reading it may cost any time and any
 * memory, so that it happens where it can be ended, and where nobody else waits for it. See ADR 0019.
 */
import { Worker } from 'node:worker_threads';
import { platformError } from '@enishi/errors';
import { type EndedBy, unreadable } from '../read-page/read-page.js';
import type { ReadAnswer, ReadingJob } from './reading-job.js';
import type { ThreadMessage } from './thread.js';
import { ThreadTime } from './thread-time.js';

/** The built file, also when this one is run from its source: a thread has no compiler. */
const THREAD = new URL('../../dist/reading-threads/thread.js', import.meta.url);
/** A thread that is not ready after this time cannot be started. */
const START_LIMIT_MS = 20_000;
/** Between two tries to start a thread that ended before it was ready. */
const RESTART_MS = 1_000;
/** Answers of one owner that wait, at most: the queue is for all. */
const MAX_WAITING_OF_OWNER = 8;
/** Bytes of all answers that wait, at most. */
const MAX_WAITING_BYTES = 16_777_216;
/**
 * So many times its deadline a reading may take on the clock. A thread that gets no processor uses none: on a busy machine a
 * page must not become one that nobody knows.
 */
const PATIENCE = 5;
/** Between two looks at what a reading has used, at least. */
const LOOK_MS = 20;
/** Young objects of one thread, beside `memoryMb`. */
const YOUNG_MB = 16;

export interface ReadingLimits {
  readonly threads: number;
  /** Processor time of one reading. */
  readonly deadlineMs: number;
  /** Old objects of one thread, MiB. */
  readonly memoryMb: number;
  /** Elements and attributes of one HTML page. */
  readonly maxNodes: number;
  /** Answers that wait for a thread. */
  readonly waiting: number;
  /** How long an answer waits for a thread. */
  readonly waitMs: number;
}

export interface ReadingEvents {
  /** Called whenever one of them changes. */
  readingsUnderWay(busy: number, waiting: number): void;
  /** `read`: to its end; else the limit that ended it. */
  readingEnded(by: EndedBy | 'read'): void;
  /** There was no room: whoever asked comes again. */
  readingPutOff(why: 'queue_full' | 'waited_too_long' | 'closing'): void;
  readerFailed(err: unknown): void;
  threadFailed(err: unknown): void;
}

interface Task {
  readonly owner: string;
  readonly job: Omit<ReadingJob, 'maxNodes'>;
  readonly resolve: (reading: ReadAnswer) => void;
  readonly reject: (error: Error) => void;
  /** Runs while the task waits, then while it is read. */
  timer: NodeJS.Timeout;
  startedAt: number;
  /** What its thread had used before it, ms of processor time. */
  usedBefore: Promise<number>;
}
interface Thread {
  readonly worker: Worker;
  ready: boolean;
  task: Task | null;
}

export class ReadingThreads {
  private readonly threads = new Set<Thread>();
  private readonly waiting: Task[] = [];
  /** Of whom an answer is being read. */
  private readonly owners = new Set<string>();
  private readonly time = new ThreadTime();
  private closed = false;

  private constructor(
    private readonly limits: ReadingLimits,
    private readonly told: ReadingEvents,
  ) {}

  /** @throws Error when no thread can be started: a parser that cannot read must not look as if it could */
  static async start(limits: ReadingLimits, told: ReadingEvents): Promise<ReadingThreads> {
    const threads = new ReadingThreads(limits, told);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no thread for readings could be started')), START_LIMIT_MS);
    });
    try {
      await Promise.race([late, Promise.all(Array.from({ length: limits.threads }, () => threads.spawn()))]);
      return threads;
    } catch (error) {
      await threads.onApplicationShutdown();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Reads one answer. `owner`: whose it is; of one owner one answer is read at a time, so that nobody holds all threads.
   * A limit that ends the reading is part of what is read (`ended`).
   * @throws platform.not_available when there is no room for it now
   */
  read(owner: string, job: Omit<ReadingJob, 'maxNodes'>): Promise<ReadAnswer> {
    const { waiting, limits } = this;
    const bytes = waiting.reduce((sum, task) => sum + task.job.response.body.length, job.response.body.length);
    const own = waiting.filter((task) => task.owner === owner).length;
    if (this.closed) return Promise.reject(this.putOff('closing'));
    if (waiting.length >= limits.waiting || own >= MAX_WAITING_OF_OWNER || bytes > MAX_WAITING_BYTES)
      return Promise.reject(this.putOff('queue_full'));
    return new Promise((resolve, reject) => {
      const task: Task = {
        owner,
        job,
        resolve,
        reject,
        startedAt: 0,
        usedBefore: Promise.resolve(0),
        timer: setTimeout(() => this.giveUp(task), limits.waitMs),
      };
      waiting.push(task);
      this.next();
    });
  }

  /** Called by Nest. */
  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    for (let task = this.waiting[0]; task; task = this.waiting[0]) this.giveUp(task, 'closing');
    await Promise.all(
      [...this.threads].map((thread) => {
        if (thread.task) this.settle(thread, this.putOff('closing'));
        return thread.worker.terminate();
      }),
    );
  }

  private giveUp(task: Task, why: 'waited_too_long' | 'closing' = 'waited_too_long'): void {
    clearTimeout(task.timer);
    this.waiting.splice(this.waiting.indexOf(task), 1);
    task.reject(this.putOff(why));
    this.tell();
  }

  private putOff(why: Parameters<ReadingEvents['readingPutOff']>[0]): Error {
    this.told.readingPutOff(why);
    return platformError('not_available', 'Too many answers are being read; try again.');
  }

  private next(): void {
    for (const thread of this.threads) {
      if (!thread.ready || thread.task) continue;
      const task = this.whoIsNext();
      if (!task) break;
      this.waiting.splice(this.waiting.indexOf(task), 1);
      this.begin(thread, task);
    }
    this.tell();
  }

  /**
   * The oldest of those whose owner has none under way. Owners who used much of the threads' time come after the others, and
   * leave one thread to them: whoever sends bombs waits for bombs.
   */
  private whoIsNext(): Task | undefined {
    const free = this.waiting.filter(({ owner }) => !this.owners.has(owner));
    const light = free.find(({ owner }) => !this.time.isHeavy(owner));
    if (light) return light;
    const heavy = [...this.owners].filter((owner) => this.time.isHeavy(owner)).length;
    return heavy < Math.max(1, this.limits.threads - 1) ? free[0] : undefined;
  }

  private begin(thread: Thread, task: Task): void {
    clearTimeout(task.timer);
    thread.task = task;
    task.startedAt = performance.now();
    this.owners.add(task.owner);
    task.usedBefore = usedMs(thread.worker);
    task.timer = setTimeout(() => void this.look(thread, task), this.limits.deadlineMs);
    // A copy of its own, moved and not copied again: `body` is a part of a larger buffer.
    const body = new Uint8Array(task.job.response.body);
    const job: ReadingJob = { ...task.job, response: { ...task.job.response, body }, maxNodes: this.limits.maxNodes };
    thread.worker.postMessage(job, [body.buffer]);
  }

  /** Ends the reading when it has used its time, and looks again when it can have. */
  private async look(thread: Thread, task: Task): Promise<void> {
    const { deadlineMs } = this.limits;
    const left = task.startedAt + PATIENCE * deadlineMs - performance.now();
    // A thread in a long call of V8 itself says nothing of what it has used.
    task.timer = setTimeout(() => this.overdue(thread), left);
    const used = (await usedMs(thread.worker)) - (await task.usedBefore);
    if (thread.task !== task) return;
    if (used >= deadlineMs || left <= 0) return this.overdue(thread);
    clearTimeout(task.timer);
    task.timer = setTimeout(() => void this.look(thread, task), Math.min(left, Math.max(LOOK_MS, deadlineMs - used)));
  }

  private overdue(thread: Thread): void {
    this.end(thread, 'deadline', `it took longer than ${this.limits.deadlineMs} ms`);
  }

  /** Ends the thread with its reading; another thread takes its place when this one is gone, so that there are never more. */
  private end(thread: Thread, by: EndedBy, why: string): void {
    thread.ready = false;
    if (thread.task) this.settle(thread, { ...unreadable(by, why), staged: null });
    void thread.worker.terminate();
  }

  /** The answer of the thread's task; a late one, of a task that was ended, is nobody's. */
  private settle(thread: Thread, outcome: ReadAnswer | Error, used = 0): void {
    const { task } = thread;
    if (!task) return;
    clearTimeout(task.timer);
    thread.task = null;
    this.owners.delete(task.owner);
    if (outcome instanceof Error) return task.reject(outcome);
    this.time.add(task.owner, used, outcome.ended !== null);
    this.told.readingEnded(outcome.ended ?? 'read');
    task.resolve(outcome);
  }

  /** Resolves when the thread is ready. One that ends is replaced. */
  private spawn(): Promise<void> {
    return new Promise((resolve) => {
      const worker = new Worker(THREAD, {
        name: 'reading',
        // Neither the settings of the service nor its preloads (telemetry) are of use in there.
        env: {},
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: this.limits.memoryMb, maxYoungGenerationSizeMb: YOUNG_MB },
      });
      worker.unref();
      const thread: Thread = { worker, ready: false, task: null };
      this.threads.add(thread);
      let wasReady = false;
      worker.on('message', (message: ThreadMessage) => {
        if (message.is === 'ready') {
          thread.ready = wasReady = true;
          resolve();
        } else this.answered(thread, message);
        this.next();
      });
      worker.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return this.end(thread, 'memory', `it needs more than ${this.limits.memoryMb} MiB`);
        this.told.threadFailed(error);
        this.end(thread, 'broken', 'the thread failed');
      });
      worker.on('exit', () => {
        this.end(thread, 'broken', 'the thread ended');
        this.threads.delete(thread);
        if (this.closed) return;
        if (wasReady) void this.spawn();
        else setTimeout(() => this.closed || void this.spawn().then(resolve), RESTART_MS).unref();
        this.tell();
      });
    });
  }

  private answered(thread: Thread, message: Exclude<ThreadMessage, { is: 'ready' }>): void {
    if (message.is === 'read') return this.settle(thread, message.answer, message.usedMs);
    this.told.readerFailed(message.err);
    this.settle(thread, { ...unreadable('broken', 'the reader failed'), staged: null });
  }

  private tell(): void {
    this.told.readingsUnderWay(this.owners.size, this.waiting.length);
  }
}

/** Processor time that the thread has used since it was started; 0 when it is gone. */
async function usedMs(worker: Worker): Promise<number> {
  try {
    const { user, system } = await worker.cpuUsage();
    return (user + system) / 1_000;
  } catch {
    return 0;
  }
}
