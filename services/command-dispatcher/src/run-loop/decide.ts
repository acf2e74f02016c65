/**
 * The judgement of the platform (A4): what follows from one answer of the bank. Pure, so that every run can be
 * replayed from its journal, and so that no state can be lost in here when the process dies.
 */
import { createHash } from 'node:crypto';
import type { Cause, Connector, Payload, pageRead, Transition } from '@enishi/contracts';
import type { LoopState, QueuedOrder } from './loop-state.js';

/** The part of `parser.page.read.v1` that the loop goes by. */
export type PageFacts = Pick<Payload<typeof pageRead>, 'page' | 'verdict' | 'facts' | 'lists' | 'cause' | 'detail' | 'fingerprint'>;

export type Decision =
  | { readonly next: 'order'; readonly state: LoopState }
  | { readonly next: 'commit'; readonly state: LoopState }
  | { readonly next: 'fail'; readonly cause: Cause; readonly detail: string | null };

/** The state of a run that has asked nothing yet. */
export function firstState(connector: Connector): LoopState {
  return { queue: [{ request: connector.start, params: {}, facts: {} }], seen: [], steps: 0 };
}

/**
 * What follows when `asked` was answered with `page`. Checks run in this order; the first that fails names the
 * cause. `state` is the one after `asked` was taken from the queue; `elapsedMs` counts from the start of the run.
 */
export function decide(connector: Connector, state: LoopState, asked: QueuedOrder, page: PageFacts, elapsedMs: number): Decision {
  if (page.cause !== null) return fail(page.cause, page.detail);
  if (!isAnswer(connector, asked, page))
    return fail('UNKNOWN_PAGE', page.detail ?? `request ${asked.request} was not answered by a page that it may be answered by`);

  const mark = markOf(asked, page.fingerprint);
  if (state.seen.includes(mark)) return fail('NO_PROGRESS', `request ${asked.request} brought the same page again`);

  const transition = transitionOf(connector, page);
  if (transition === undefined) return fail('SITE_CHANGED', `page ${page.page} with verdict ${page.verdict} has no transition`);
  if (!Array.isArray(transition.next)) return fail(transition.next.fail, `page ${page.page}`);

  const follow = ordersThatFollow(transition.next, asked, page);
  if ('missing' in follow) return fail('SITE_CHANGED', follow.missing);
  // What follows from this page comes before its siblings: a log-out queued behind a list stays the last order.
  const queue = [...follow.orders, ...state.queue];
  const after: LoopState = { queue, seen: [...state.seen, mark], steps: state.steps };
  if (queue.length === 0) return { next: 'commit', state: after };
  // Known now, so the bank is not asked for pages that could never be stored.
  if (state.steps + queue.length > connector.limits.maxSteps) return fail('BUDGET_SPENT', `more than ${connector.limits.maxSteps} steps`);
  if (elapsedMs >= maxMs(connector)) return fail('BUDGET_SPENT', `more than ${connector.limits.maxMinutes} minutes`);
  return { next: 'order', state: after };
}

/**
 * Whether the bank says by this answer that it refuses the secrets. Asked apart from `decide`, for it holds however the
 * run itself stands: ended, or of a connector that was replaced meanwhile.
 */
export function refusesSecrets(connector: Connector, asked: Pick<QueuedOrder, 'request'>, page: PageFacts): boolean {
  if (page.cause !== null) return page.cause === 'CREDENTIALS_REJECTED';
  if (!isAnswer(connector, asked, page)) return false;
  const next = transitionOf(connector, page)?.next;
  return next !== undefined && !Array.isArray(next) && next.fail === 'CREDENTIALS_REJECTED';
}

/** Takes the next order from the queue: the state while its answer is awaited. */
export function takeNext(state: LoopState): { asked: QueuedOrder; state: LoopState } | undefined {
  const [asked, ...queue] = state.queue;
  return asked && { asked, state: { queue, seen: state.seen, steps: state.steps + 1 } };
}

/** How long a run of this connector may last. */
export function maxMs(connector: Connector): number {
  return connector.limits.maxMinutes * 60_000;
}

function fail(cause: Cause, detail: string | null): Decision {
  return { next: 'fail', cause, detail };
}

/** Fixed-length, so that a run's row stays small; params in one order, so that equal ones are equal. */
function markOf(asked: QueuedOrder, fingerprint: string): string {
  const params = Object.entries(asked.params).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([asked.request, params, fingerprint]))
    .digest('base64url');
}

function isAnswer(connector: Connector, asked: Pick<QueuedOrder, 'request'>, page: PageFacts): boolean {
  const kind = page.page !== null && Object.hasOwn(connector.pages, page.page) ? connector.pages[page.page] : undefined;
  return kind !== undefined && page.verdict !== 'unknown' && kind.answers.includes(asked.request);
}

function transitionOf(connector: Connector, page: PageFacts): Transition | undefined {
  return connector.transitions.find((candidate) => fits(candidate, page));
}

function fits(transition: Transition, page: PageFacts): boolean {
  if (transition.page !== page.page) return false;
  if (transition.verdict && !transition.verdict.includes(page.verdict)) return false;
  return matches(transition.when, page.facts);
}

function matches(wanted: Readonly<Record<string, string>> | undefined, values: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => own(values, name) === value);
}

type Follow = Extract<Transition['next'], readonly unknown[]>;

function ordersThatFollow(rules: Follow, asked: QueuedOrder, page: PageFacts): { orders: QueuedOrder[] } | { missing: string } {
  const orders: QueuedOrder[] = [];
  for (const rule of rules) {
    const items = rule.each === undefined ? [{}] : ownList(page.lists, rule.each);
    if (items === undefined) return { missing: `page ${page.page} has no list ${rule.each}` };
    for (const item of items) {
      if (!matches(rule.where, item)) continue;
      // Fields of the item become params by their own names; `params` adds to them or renames.
      const params: Record<string, string> = { ...item };
      for (const [name, source] of Object.entries(rule.params)) {
        const [from, key, value] =
          'fact' in source
            ? ['fact', source.fact, own(page.facts, source.fact)]
            : 'item' in source
              ? ['field', source.item, own(item, source.item)]
              : ['param', source.param, own(asked.params, source.param)];
        if (value === undefined) return { missing: `page ${page.page} lacks ${from} ${key}, which request ${rule.request} needs` };
        params[name] = value;
      }
      orders.push({ request: rule.request, params, facts: page.facts });
    }
  }
  return { orders };
}

/** Own keys only: a fact named `constructor` must not find Object's. */
function own(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function ownList(lists: PageFacts['lists'], name: string): Record<string, string>[] | undefined {
  return Object.hasOwn(lists, name) ? lists[name] : undefined;
}
