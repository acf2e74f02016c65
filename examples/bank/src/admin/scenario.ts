/** What the bank does out of the ordinary, set through the admin port by those who test against it. */
import { z } from 'zod';

export const PAGES = ['login', 'submit', 'accounts', 'history', 'download'] as const;
export type PageName = (typeof PAGES)[number];

export const Scenario = z.strictObject({
  /** Every page is the maintenance page, status 503. */
  maintenance: z.boolean().default(false),
  /** The accounts page is a notice until it is acknowledged in the session. */
  notice: z.boolean().default(false),
  /** The right password is refused too, and not counted as wrong. */
  rejectLogin: z.boolean().default(false),
  /** One page gets another markup. */
  siteChanged: z.enum(['none', 'login', 'accounts', 'history']).default('none'),
  /** Answers come this much later. */
  slowMs: z.number().int().min(0).max(120_000).default(0),
  slowOn: z.enum(['all', ...PAGES]).default('all'),
  /** The answer ends in the middle, and the connection with it. */
  cutOn: z.enum(['none', ...PAGES]).default('none'),
  /** A session ends after so many answers since the login; null: never. */
  expireAfter: z.number().int().min(0).max(1_000).nullable().default(null),
});
export type Scenario = z.infer<typeof Scenario>;

export const ORDINARY: Scenario = Scenario.parse({});
