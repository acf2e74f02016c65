import { readFileSync } from 'node:fs';
import { Connector } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
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
    const json = readJob(job);
    expect(JSON.parse(json)).toMatchObject({ page: 'history', verdict: 'more_needed', rows: 20, ended: null });
    expect(readJob(job, json.length)).toBe(json);
  });
  it('is not given on when it is longer: nobody has to take it in', () => {
    const json = readJob(job, readJob(job).length - 1);
    expect(JSON.parse(json)).toMatchObject({ page: null, cause: 'UNKNOWN_PAGE', ended: 'output', staged: null, lists: {} });
    expect(json.length).toBeLessThan(500);
  });
});
