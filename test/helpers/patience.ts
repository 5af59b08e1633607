/** On a busy machine everything takes its time, real databases, sockets and browsers above all. */
jest.setTimeout(60_000);
