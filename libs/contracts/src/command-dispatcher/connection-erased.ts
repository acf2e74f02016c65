import { z } from 'zod';
import { ConnectionId, HolderId } from '../ids.js';
import { event } from '../message.js';

/** The holder erased a connection. The parser erases what came through it, raw pages too. */
export const connectionErased = event('command-dispatcher.connection.erased.v1', {
  summary: 'The holder erased a connection and what came through it',
  payload: z.strictObject({ connectionId: ConnectionId, holderId: HolderId, erasedAt: z.iso.datetime() }),
  hearers: ['parser'],
});
