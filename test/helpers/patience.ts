/** Real databases, sockets and browsers on a busy machine take their time. */
jest.setTimeout(60_000);
