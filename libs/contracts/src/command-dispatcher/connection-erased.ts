import { z } from 'zod';
import { ConnectionId, HolderId } from '../ids.js';
import { event } from '../message.js';
import { Moment } from '../values.js';

/** The holder erased a connection. The parser erases what came through it, raw pages too. */
export const connectionErased = event('command-dispatcher.connection.erased.v1', {
  summary: 'The holder erased a connection and what came through it',
  payload: z.strictObject({ connectionId: ConnectionId, holderId: HolderId, erasedAt: Moment }),
  hearers: ['parser'],
});
