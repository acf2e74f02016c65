import { readFileSync } from 'node:fs';
import { Connector } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { StagedPage } from '../read-page/staged-page.js';
import { readJob } from './reading-job.js';

const BANK = new URL('../../../../examples/bank/', import.meta.url);
const connector = Connector.parse(JSON.parse(readFileSync(new URL('connector.json', BANK), 'utf8')));

describe('what one answer gives', () => {
  const job = {
    connector,
    asked: { request: 'history', params: { account: 'A' }, fetchedOn: '2026-11-20' },
    response: {
      status: 200,
      headers: { 'content-type': 'text/html; charset=Shift_JIS' },
      body: readFileSync(new URL('samples/history-1.html', BANK)),
    },
    maxNodes: 10_000,
  };
  it('is given on as it was read, up to its limit', () => {
    const { staged, ...told } = readJob(job);
    expect(told).toMatchObject({ page: 'history', verdict: 'more_needed', rows: 20, ended: null });
    expect(StagedPage.parse(JSON.parse(staged!)).statement?.transactions).toHaveLength(20);
    expect(readJob(job, { maxStagedChars: staged!.length, maxToldChars: JSON.stringify(told).length })).toEqual({ staged, ...told });
  });
  it('is not given on when it is longer, to the ledger or to the dispatcher: nobody has to take it in', () => {
    const { staged, ...told } = readJob(job);
    for (const limits of [{ maxStagedChars: staged!.length - 1 }, { maxToldChars: JSON.stringify(told).length - 1 }]) {
      const answer = readJob(job, limits);
      expect(answer).toMatchObject({ page: null, cause: 'UNKNOWN_PAGE', ended: 'output', staged: null, lists: {}, facts: {} });
      expect(answer.detail).toMatch(/^output: /);
    }
  });
});
