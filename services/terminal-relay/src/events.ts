/** What happens in this service, one function per fact: a line in the log (ids) and a count (names only). */
import { counter, createLogger, gauge, histogram } from '@enishi/telemetry';

const upgrades = counter({ name: 'enishi_terminal_upgrades', help: 'Links asked for, by answer', labels: ['outcome'] });
const attached = gauge({ name: 'enishi_terminals_attached', help: 'Terminals attached to this process' });
const frames = counter({ name: 'enishi_terminal_frames', help: 'Frames from terminals', labels: ['frame'] });
const refusals = counter({ name: 'enishi_terminal_refusals', help: 'Links ended by a refusal', labels: ['code'] });
const detached = counter({ name: 'enishi_terminals_detached', help: 'Sessions ended', labels: ['reason'] });
const takeSeconds = histogram({
  name: 'enishi_order_take_seconds',
  help: 'Time from the order frame to the terminal taking it',
  labels: ['outcome'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
});
const results = counter({ name: 'enishi_terminal_results', help: 'Results carried, by answer', labels: ['outcome'] });

const log = createLogger('terminal-relay');
export const events = {
  listening: (port: number) => log.info({ port }, 'terminals are awaited'),
  upgradeAnswered: (outcome: string) => upgrades.add({ outcome }),
  frameReceived: (frame: string) => frames.add({ frame }),
  linkRefused: (ids: { terminalId?: string | undefined; code: string }) => {
    refusals.add({ code: ids.code });
    log.warn(ids, 'a link was refused');
  },
  terminalAttached: (ids: { terminalId: string; sessionId: string }) => {
    attached.add({}, 1);
    log.info(ids, 'a terminal is attached');
  },
  terminalDetached: (ids: { terminalId: string; sessionId: string; reason: string }) => {
    attached.add({}, -1);
    detached.add({ reason: ids.reason });
    log.info(ids, 'a terminal is gone');
  },
  orderHanded: (ids: { sessionId: string; orderId: string }, outcome: 'taken' | 'away', seconds: number) => {
    takeSeconds.observe({ outcome }, seconds);
    log.info({ ...ids, outcome }, 'an order was handed over');
  },
  resultCarried: (ids: { sessionId: string; orderId: string; bytes: number }, outcome: string) => {
    results.add({ outcome });
    log.info({ ...ids, outcome }, 'a result was carried');
  },
  presenceFailed: (err: unknown) => log.warn({ err }, 'presence cannot be written now'),
  /** For a part of a lib that tells by itself. */
  log: () => log,
};
