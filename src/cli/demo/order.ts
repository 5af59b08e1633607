import type { PublicApi } from './api.js';

const ORDER = `mutation ($projectId: ID!) {
  startEnrolment(input: { projectId: $projectId }) {
    watchToken enrolment { id createdAt codeExpiresAt qr { uri text } }
  }
}`;

export interface Order {
  readonly watchToken: string;
  readonly enrolment: {
    readonly id: string;
    readonly createdAt: string;
    readonly codeExpiresAt: string;
    readonly qr: { readonly uri: string; readonly text: string };
  };
}

/** @throws Refusal where the access rule still asks for something */
export async function placeOrder(api: PublicApi, projectId: string, token: string): Promise<Order> {
  const { startEnrolment } = await api.call<{ startEnrolment: Order }>(ORDER, { projectId }, token);
  return startEnrolment;
}
