import { enrolTerminal, getOrder, type In, type Out, openSession, type Payload, pageRead, terminalAttached } from '@enishi/contracts';
import { Answers, Hears } from '@enishi/messaging';
import { Controller } from '@nestjs/common';
import type { Tx } from './database.store.js';
import { EnrolTerminal } from './enrol-terminal/enrol-terminal.js';
import { GetOrder } from './get-order/get-order.js';
import { HearPageRead } from './hear-page-read/hear-page-read.js';
import { HearTerminalAttached } from './hear-terminal-attached/hear-terminal-attached.js';
import { OpenSession } from './open-session/open-session.js';

@Controller()
export class CommandDispatcherController {
  constructor(
    private readonly enrol: EnrolTerminal,
    private readonly open: OpenSession,
    private readonly get: GetOrder,
    private readonly hearPage: HearPageRead,
    private readonly hearAttached: HearTerminalAttached,
  ) {}

  @Answers(enrolTerminal)
  enrolTerminal(input: In<typeof enrolTerminal>): Promise<Out<typeof enrolTerminal>> {
    return this.enrol.run(input);
  }

  @Answers(openSession)
  openSession(input: In<typeof openSession>): Promise<Out<typeof openSession>> {
    return this.open.run(input);
  }

  @Answers(getOrder)
  getOrder(input: In<typeof getOrder>): Promise<Out<typeof getOrder>> {
    return this.get.run(input);
  }

  @Hears(pageRead)
  pageRead(payload: Payload<typeof pageRead>, tx: Tx): Promise<void> {
    return this.hearPage.run(payload, tx);
  }

  @Hears(terminalAttached)
  terminalAttached(payload: Payload<typeof terminalAttached>, tx: Tx): Promise<void> {
    return this.hearAttached.run(payload, tx);
  }
}
