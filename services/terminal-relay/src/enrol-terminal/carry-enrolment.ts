/** Carries an enrolment to the dispatcher and its receipt back. Only the dispatcher can check it; only the agent can believe it. (A9) */
import { type EnrolmentRequest, enrolTerminal } from '@enishi/contracts';
import { Bus } from '@enishi/messaging';
import { withSpan } from '@enishi/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { events } from '../events.js';

@Injectable()
export class CarryEnrolment {
  constructor(@Inject(Bus) private readonly bus: Bus) {}

  async run(request: EnrolmentRequest): Promise<string> {
    const { receipt } = await withSpan('terminal enrol', { kind: 'server' }, () => this.bus.request(enrolTerminal, { request }));
    events.enrolmentCarried({ codeId: request.codeId });
    return receipt;
  }
}
