import {
  createConnection,
  createEnrolmentCode,
  eraseConnection,
  getRun,
  listConnections,
  listConnectors,
  listTerminals,
  type RouteOutput,
  type RunProgress,
  revokeTerminal,
  startRun,
  watchRun,
} from '@enishi/contracts';
import { type Caller, type ServedInput, Serves } from '@enishi/http';
import { Controller } from '@nestjs/common';
import { CreateConnection } from './create-connection/create-connection.js';
import { CreateEnrolmentCode } from './create-enrolment-code/create-enrolment-code.js';
import { EraseConnection } from './erase-connection/erase-connection.js';
import { GetRun } from './get-run/get-run.js';
import { ListConnections } from './list-connections/list-connections.js';
import { ListConnectors } from './list-connectors/list-connectors.js';
import { ListTerminals } from './list-terminals/list-terminals.js';
import { RevokeTerminal } from './revoke-terminal/revoke-terminal.js';
import { StartRun } from './start-run/start-run.js';
import { WatchRun } from './watch-run/watch-run.js';

/** The holder is always the caller's: no route takes one from its input. */
@Controller()
export class CommandDispatcherHttpController {
  constructor(
    private readonly code: CreateEnrolmentCode,
    private readonly terminals: ListTerminals,
    private readonly revoke: RevokeTerminal,
    private readonly connectors: ListConnectors,
    private readonly connect: CreateConnection,
    private readonly connections: ListConnections,
    private readonly erase: EraseConnection,
    private readonly start: StartRun,
    private readonly get: GetRun,
    private readonly watch: WatchRun,
  ) {}

  @Serves(createEnrolmentCode)
  createEnrolmentCode(
    { body }: ServedInput<typeof createEnrolmentCode>,
    { holderId }: Caller,
  ): Promise<RouteOutput<typeof createEnrolmentCode>> {
    return this.code.run(holderId, body.label);
  }

  @Serves(listTerminals)
  listTerminals(_: ServedInput<typeof listTerminals>, { holderId }: Caller): Promise<RouteOutput<typeof listTerminals>> {
    return this.terminals.run(holderId);
  }

  @Serves(revokeTerminal)
  async revokeTerminal({ params }: ServedInput<typeof revokeTerminal>, { holderId }: Caller): Promise<undefined> {
    await this.revoke.run(holderId, params.terminalId);
  }

  @Serves(listConnectors)
  listConnectors(): RouteOutput<typeof listConnectors> {
    return this.connectors.run();
  }

  @Serves(createConnection)
  createConnection({ body }: ServedInput<typeof createConnection>, { holderId }: Caller): Promise<RouteOutput<typeof createConnection>> {
    return this.connect.run(holderId, body);
  }

  @Serves(listConnections)
  listConnections(_: ServedInput<typeof listConnections>, { holderId }: Caller): Promise<RouteOutput<typeof listConnections>> {
    return this.connections.run(holderId);
  }

  @Serves(eraseConnection)
  async eraseConnection({ params }: ServedInput<typeof eraseConnection>, { holderId }: Caller): Promise<undefined> {
    await this.erase.run(holderId, params.connectionId);
  }

  @Serves(startRun)
  startRun(input: ServedInput<typeof startRun>, { holderId }: Caller): Promise<RouteOutput<typeof startRun>> {
    return this.start.run(holderId, input);
  }

  @Serves(getRun)
  getRun({ params }: ServedInput<typeof getRun>, { holderId }: Caller): Promise<RouteOutput<typeof getRun>> {
    return this.get.run(holderId, params.runId);
  }

  @Serves(watchRun)
  watchRun({ params, lastEventId, signal }: ServedInput<typeof watchRun>, { holderId }: Caller): Promise<AsyncIterable<RunProgress>> {
    return this.watch.run(holderId, params.runId, lastEventId, signal);
  }
}
