/** The kinds of signed statement: one `typ` each, so that none can be taken for another (RFC 8725 §3.11). */
export const ROOT_TYP = 'enishi-root+jwt';
export const KEY_TYP = 'enishi-key+jwt';
export const ENROLMENT_TYP = 'enishi-enrolment+jwt';
export const SESSION_TYP = 'enishi-session+jwt';
export const ORDER_TYP = 'enishi-order+jwt';
export const RESULT_TYP = 'enishi-result+jwt';
export const CONNECTOR_TYP = 'enishi-connector+jwt';
