import type { ServerResponse } from 'node:http';
import type { DomainError } from '../../kernel/errors.js';
import { PROBLEMS, type ProblemCode } from '../../kernel/errors.js';
import { challengeFor } from '../graphql/challenge.js';

/** Answers with a problem of the table as RFC 9457 problem details; its facts become extension members. */
export function sendProblem(
  res: ServerResponse,
  problem: DomainError,
  status: number = PROBLEMS[problem.code].status,
): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const challenge = challengeFor(problem, false);
  if (challenge !== undefined) res.setHeader('www-authenticate', challenge);
  res.setHeader('cache-control', 'no-store');
  res.setHeader('content-type', 'application/problem+json; charset=utf-8');
  res.statusCode = status;
  res.end(
    JSON.stringify({
      type: typeOf(problem.code),
      title: problem.message,
      status,
      code: problem.code,
      ...problem.facts,
      requestId: res.getHeader('x-request-id'),
    }),
  );
}

function typeOf(code: ProblemCode): string {
  return `urn:signet:problem:${code}`;
}
