/** Values of the right form that samples are made of. Fixed, so that documents made from them never change. */
export const HOLDER = 'uin_0123456789abcdefghjkmnpqrs';
export const TERMINAL = 'term_3v7k2m9x0qf4h8n1c5w6t2r7yd';
export const CONNECTION = 'conn_5w8p1z4b7e0g3j6m9q2s5v8x1c';
export const RUN = 'run_9k2n5r8t1w4y7a0c3e6g9j2m5p';
export const ORDER = 'order_2d5f8h1k4n7q0s3v6x9z2b5e8g';
export const SESSION = 'sess_7a0c3e6g9j2m5p8r1t4w7y0b3d';
export const ACCOUNT = 'acct_4m7p0r3t6w9y2b5d8f1h4k7n0q';

export const SHA256 = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU';
export const SIGNING_KEY = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
export const SEALING_KEY = { kty: 'OKP', crv: 'X25519', x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08' };
/** Compact forms with nothing in them: their form is what a message checks. */
export const JWS = 'eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl';
export const JWE = 'eyJhbGciOiJFQ0RILUVTIn0..aXY.Y2lwaGVydGV4dA.dGFn';
export const NONCE = 'bm9uY2Utb2YtdGhpcnR5LXR3by1ieXRlcy1leGFjdGw';
export const AT = '2026-11-22T03:00:00.000Z';
