/** The journal in words for the person at the PC: when, which order, what was asked of whom, what came of it. */
import type { ChainBreak, JournalLine, OrderFacts } from './journal-line.js';

const asked = ({ method, host, path }: OrderFacts) => `${method} ${host}${path}`;
const which = ({ orderId, step, request }: OrderFacts) => `${orderId} (step ${step}, ${request})`;

function sentence(line: JournalLine): string {
  switch (line.what) {
    case 'started':
      return `took order ${which(line.order)}: ${asked(line.order)}`;
    case 'done':
      return line.outcome.kind === 'response'
        ? `order ${which(line.order)}: ${asked(line.order)} answered ${line.outcome.status}, ${line.bytes} bytes in ${line.outcome.durationMs} ms`
        : `order ${which(line.order)}: ${asked(line.order)} failed: ${line.outcome.cause} (${line.outcome.detail})`;
    case 'delivered':
      return `order ${line.orderId}: the platform has the result`;
    case 'discarded':
      return `order ${line.orderId}: the platform does not want the result (${line.code})`;
    case 'ignored':
      return `ignored what came as order ${line.orderId}: ${line.rule} (${line.detail})`;
    case 'recovered':
      return `the last line was torn when the agent or the PC stopped; ${line.lostBytes} bytes were taken away`;
    case 'continued':
      return `the journal goes on in a new file (${line.open.length} orders open)`;
  }
}

export function inWords(line: JournalLine): string {
  return `${line.at.slice(0, 19).replace('T', ' ')}Z  ${sentence(line)}`;
}

const BREAKS: Record<ChainBreak['what'], (line: number) => string> = {
  'lines are missing': (line) => `before line ${line} lines are missing`,
  'lines are missing at the end': (line) => `from line ${line} on lines are missing`,
  'the line was changed': (line) => `line ${line} was changed`,
  'the line cannot be read': (line) => `line ${line} cannot be read`,
};

export function breakInWords({ line, what }: ChainBreak): string {
  return `WARNING: ${BREAKS[what](line)}; the journal was changed by another hand than the agent's, or the disk is damaged`;
}
