/** What is computed once and used by alerts and dashboards: the part of bad events, for each promise and window. */
import { recorded, SLOS, WINDOW_SECONDS, type Window } from '../slo.js';
import type { RecordingGroup } from './rule.js';

/** Long windows change slowly, and cost most; a value older than 5 minutes would be none. */
const INTERVALS: Readonly<Partial<Record<Window, string>>> = { '1d': '2m', '3d': '2m' };

export const RECORDING: readonly RecordingGroup[] = (Object.keys(WINDOW_SECONDS) as Window[]).map((window) => ({
  name: `enishi-slo-${window}`,
  ...(INTERVALS[window] === undefined ? {} : { interval: INTERVALS[window] }),
  rules: SLOS.map((slo) => ({ record: recorded(slo, window), expr: `${slo.bad(window)}\n/\n${slo.total(window)}` })),
}));
