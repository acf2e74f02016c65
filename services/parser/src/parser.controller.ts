import { acceptResult, commitRun, connectionErased, type In, type Out, type Payload, runEnded } from '@enishi/contracts';
import { Answers, Hears } from '@enishi/messaging';
import { Controller } from '@nestjs/common';
import { AcceptResult } from './accept-result/accept-result.js';
import { CommitRun } from './commit-run/commit-run.js';
import type { Tx } from './database.store.js';
import { EndRun } from './end-run/end-run.js';
import { EraseConnection } from './erase-connection/erase-connection.js';

@Controller()
export class ParserController {
  constructor(
    private readonly accept: AcceptResult,
    private readonly commit: CommitRun,
    private readonly end: EndRun,
    private readonly erase: EraseConnection,
  ) {}

  @Answers(acceptResult)
  acceptResult(input: In<typeof acceptResult>): Promise<Out<typeof acceptResult>> {
    return this.accept.run(input);
  }

  @Answers(commitRun)
  commitRun(input: In<typeof commitRun>): Promise<Out<typeof commitRun>> {
    return this.commit.run(input);
  }

  @Hears(runEnded)
  runEnded(payload: Payload<typeof runEnded>, tx: Tx): Promise<void> {
    return this.end.run(payload, tx);
  }

  @Hears(connectionErased)
  connectionErased(payload: Payload<typeof connectionErased>, tx: Tx): Promise<void> {
    return this.erase.run(payload, tx);
  }
}
