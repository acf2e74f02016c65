import type { Order, OrderId, TerminalId } from '@enishi/contracts';
import { NotAnOrder } from './refusal.js';

/** The order is for this terminal, and is the one that its frame announced. */
export function checkTerminal(order: Order, terminalId: TerminalId, frameOrderId: OrderId): void {
  if (order.terminalId !== terminalId) throw new NotAnOrder('check-terminal', 'it is for another terminal');
  if (order.orderId !== frameOrderId) throw new NotAnOrder('check-terminal', 'the frame names another order');
}
