import type { GraphqlAnswer } from './graphql';
import type { TestDatabase } from './database';
import type { CallableServer } from './people';
import { noteSecret } from './run';
import { eventually } from './server';
import type { WebhookReceiver } from './receivers/webhook-receiver';

export interface TestEndpoint {
  readonly id: string;
  readonly secret: string;
}

const ENDPOINT =
  'id projectId url description eventTypes alertEmail enabled disabledReason disabledAt failingSince createdAt';
const DELIVERY =
  'id webhookId type payload state attempts attemptLog { at status problem milliseconds } createdAt nextAttemptAt finishedAt';

/** The calls of one administrator. */
export class WebhookAdmin {
  constructor(
    private readonly server: Pick<CallableServer, 'graphql'>,
    readonly token: string,
  ) {}

  async tryCreate(projectId: string, input: object): Promise<GraphqlAnswer<any>> {
    const answer = await this.call(
      `mutation ($projectId: ID!, $input: CreateWebhookEndpointInput!) {
         createWebhookEndpoint(projectId: $projectId, input: $input) { secret endpoint { ${ENDPOINT} } } }`,
      { projectId, input },
    );
    noted(answer.data?.createWebhookEndpoint?.secret);
    return answer;
  }

  /** An endpoint that is told of a project's events, its secret known to the receiver. */
  async create(
    projectId: string,
    receiver: Pick<WebhookReceiver, 'url' | 'trust'>,
    input: object = {},
  ): Promise<TestEndpoint> {
    const answer = await this.tryCreate(projectId, { url: receiver.url, ...input });
    const { secret, endpoint } = must(answer).createWebhookEndpoint;
    receiver.trust(secret as string);
    return { id: endpoint.id, secret };
  }

  tryUpdate(id: string, input: object): Promise<GraphqlAnswer<any>> {
    return this.call(
      `mutation ($id: ID!, $input: UpdateWebhookEndpointInput!) {
         updateWebhookEndpoint(id: $id, input: $input) { ${ENDPOINT} } }`,
      { id, input },
    );
  }

  async update(id: string, input: object): Promise<any> {
    return must(await this.tryUpdate(id, input)).updateWebhookEndpoint;
  }

  async tryRotate(id: string, overlapSeconds?: number): Promise<GraphqlAnswer<any>> {
    const args = overlapSeconds === undefined ? '' : `, overlapSeconds: ${String(overlapSeconds)}`;
    const answer = await this.call(
      `mutation ($id: ID!) { rotateWebhookSecret(id: $id${args}) { secret endpoint { id } } }`,
      { id },
    );
    noted(answer.data?.rotateWebhookSecret?.secret);
    return answer;
  }

  async rotate(id: string, overlapSeconds?: number): Promise<string> {
    return must(await this.tryRotate(id, overlapSeconds)).rotateWebhookSecret.secret as string;
  }

  async delete(id: string): Promise<void> {
    must(await this.call('mutation ($id: ID!) { deleteWebhookEndpoint(id: $id) }', { id }));
  }

  async list(projectId: string): Promise<any[]> {
    const answer = await this.call(
      `query ($projectId: ID!) { webhookEndpoints(projectId: $projectId) { ${ENDPOINT} } }`,
      { projectId },
    );
    return must(answer).webhookEndpoints as any[];
  }

  tryDeliveries(endpointId: string, query: object = {}): Promise<GraphqlAnswer<any>> {
    return this.call(
      `query ($endpointId: ID!, $first: Int, $after: String, $state: WebhookDeliveryState) {
         webhookDeliveries(endpointId: $endpointId, first: $first, after: $after, state: $state) {
           nodes { ${DELIVERY} } pageInfo { hasNextPage endCursor } totalCount } }`,
      { endpointId, first: 100, ...query },
    );
  }

  async deliveries(endpointId: string, query: object = {}): Promise<any> {
    return must(await this.tryDeliveries(endpointId, query)).webhookDeliveries;
  }

  /** Waits until so many deliveries stand so. */
  async untilState(endpointId: string, state: string, count: number): Promise<any[]> {
    return eventually(async () => {
      const { nodes } = await this.deliveries(endpointId, { state });
      return nodes.length >= count ? (nodes as any[]) : undefined;
    });
  }

  tryReplay(id: string, start: object): Promise<GraphqlAnswer<any>> {
    return this.call(
      `mutation ($id: ID!, $after: String, $since: DateTime) {
         replayWebhooks(id: $id, after: $after, since: $since) { id } }`,
      { id, ...start },
    );
  }

  async replay(id: string, start: object): Promise<void> {
    must(await this.tryReplay(id, start));
  }

  tryResend(id: string): Promise<GraphqlAnswer<any>> {
    return this.call(`mutation ($id: ID!) { resendWebhookDelivery(id: $id) { ${DELIVERY} } }`, {
      id,
    });
  }

  async test(id: string): Promise<any> {
    return must(await this.tryTest(id)).testWebhookEndpoint;
  }

  tryTest(id: string): Promise<GraphqlAnswer<any>> {
    return this.call(`mutation ($id: ID!) { testWebhookEndpoint(id: $id) { ${DELIVERY} } }`, {
      id,
    });
  }

  private call(query: string, variables: Readonly<Record<string, unknown>>): Promise<any> {
    return this.server.graphql(query, variables, { token: this.token });
  }
}

/** What is to be tried later is due now. */
export async function makeDue(
  database: Pick<TestDatabase, 'query'>,
  endpointId: string,
): Promise<void> {
  await database.query(
    `UPDATE webhook_delivery SET next_attempt_at = now(), leased_until = least(leased_until, now())
     WHERE endpoint_id = $1 AND state = 'PENDING'`,
    [endpointId],
  );
}

/** As if everything about the endpoint had happened so much earlier. */
export async function growOlder(
  database: Pick<TestDatabase, 'query'>,
  endpointId: string,
  interval: string,
): Promise<void> {
  await database.query(
    `UPDATE webhook_delivery SET due_since = due_since - $2::interval, next_attempt_at = next_attempt_at - $2::interval,
       created_at = created_at - $2::interval, finished_at = finished_at - $2::interval WHERE endpoint_id = $1`,
    [endpointId, interval],
  );
  await database.query(
    'UPDATE webhook_endpoint SET failing_since = failing_since - $2::interval WHERE id = $1',
    [endpointId, interval],
  );
}

function noted(secret: unknown): void {
  if (typeof secret !== 'string') return;
  noteSecret(secret);
  noteSecret(secret.replace(/^whsec_/, ''));
}

function must({ data, errors }: GraphqlAnswer<any>): any {
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data;
}
