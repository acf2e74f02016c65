import { getPresence, type In, type Out } from '@enishi/contracts';
import { Answers } from '@enishi/messaging';
import { Controller } from '@nestjs/common';
import { GetPresence } from './get-presence/get-presence.js';

/** Orders and the end of a session are addressed to one replica: serve-terminal answers those. */
@Controller()
export class TerminalRelayController {
  constructor(private readonly presence: GetPresence) {}

  @Answers(getPresence)
  getPresence(input: In<typeof getPresence>): Promise<Out<typeof getPresence>> {
    return this.presence.run(input);
  }
}
