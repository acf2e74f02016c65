import { acceptResult, closeSession, type In, type Out, type Payload, runEnded } from '@enishi/contracts';
import { describe, expect, it } from '@jest/globals';
import { Answers, Hears } from './decorators.js';

/** The compiler is the test here: each `@ts-expect-error` fails `./enishi check` when the line compiles. */
class Compiles {
  @Answers(acceptResult)
  right(_input: In<typeof acceptResult>): Out<typeof acceptResult> {
    return { stored: true };
  }
  @Answers(acceptResult)
  async alsoRight(): Promise<Out<typeof acceptResult>> {
    return { stored: true };
  }
  // @ts-expect-error the reply is another
  @Answers(acceptResult)
  wrongReply(_input: In<typeof acceptResult>): { stored: string } {
    return { stored: 'yes' };
  }
  // @ts-expect-error the input is another
  @Answers(acceptResult)
  wrongInput(_input: { orderId: number }): Out<typeof acceptResult> {
    return { stored: true };
  }
  @Hears(runEnded)
  hears(_payload: Payload<typeof runEnded>, _tx: { query(): void }): void {}
  // @ts-expect-error the payload is another
  @Hears(runEnded)
  hearsWrongly(_payload: { runId: number }): void {}
  // @ts-expect-error an event has no reply
  @Hears(runEnded)
  replies(_payload: Payload<typeof runEnded>): string {
    return 'x';
  }
}

describe('a handler', () => {
  it('compiles only with the input and reply of its contract', () => {
    expect(new Compiles()).toBeDefined();
  });

  it('of an addressed request is refused at the declaration', () => {
    expect(() => Answers(closeSession)).toThrow('use Bus.answerAddressed');
  });
});
