import type { Samples } from '../message.js';
import { AT, CONNECTION, HOLDER } from '../sample-values.js';
import { connectionErased } from './connection-erased.js';

const payload = { connectionId: CONNECTION, holderId: HOLDER, erasedAt: AT };

export const samples: Samples = {
  contract: connectionErased,
  released: [payload],
  refused: [
    { ...payload, holderId: undefined },
    { ...payload, connectionId: 'conn_1' },
    { ...payload, erasedAt: 1_763_780_400 },
    [payload],
  ],
};
