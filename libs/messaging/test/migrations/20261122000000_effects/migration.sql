-- What a hearer of the tests owns: what it did, and the outbox and inbox that every service has.
CREATE TABLE effects (event_id text NOT NULL, done_by text NOT NULL);
CREATE TABLE outbox (
  id text PRIMARY KEY,
  subject text NOT NULL,
  payload jsonb NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);
CREATE TABLE inbox (
  event_id text NOT NULL,
  consumer text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, consumer)
);
