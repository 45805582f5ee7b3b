/** One message, start line to end of body. A UDP datagram cannot carry more; a stream may not either. */
export const MESSAGE_BYTES_MAX = 65_535

/** One header line with its folds. */
export const LINE_BYTES_MAX = 8_192

/** Header field lines in one message. */
export const HEADER_FIELDS_MAX = 256

/** Parameters in one value. */
export const PARAMETERS_MAX = 64

/** Values in one comma-separated list. */
export const LIST_VALUES_MAX = 256
