import { Arg, Args, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../kernel/actor.js';
import { pageRequest } from '../../kernel/pagination.js';
import type { UnitOfWork } from '../../platform/scope.js';
import { Resource } from '../access/resource.types.js';
import { PageArgs } from '../audit/page-args.types.js';
import type {
  WebhookDelivery,
  WebhookDeliveryService,
} from './sending/webhook-delivery.service.js';
import {
  DEFAULT_OVERLAP_SECONDS,
  type WebhookDeliveryState,
  type WebhookEndpointService,
} from './endpoints/webhook-endpoint.service.js';
import type { WebhookSendingService } from './sending/webhook-sending.service.js';
import {
  CreateWebhookEndpointInput,
  UpdateWebhookEndpointInput,
  WebhookDeliveryConnectionType,
  WebhookDeliveryStateEnum,
  WebhookDeliveryType,
  WebhookEndpointSecretType,
  WebhookEndpointType,
} from './webhook.types.js';

const ENDPOINT_ID = { description: 'Id of the endpoint.' };
const PROJECT_ID = { description: 'Id of the project.' };

interface Services {
  readonly work: UnitOfWork;
  readonly webhookEndpoints: WebhookEndpointService;
  readonly webhookDeliveries: WebhookDeliveryService;
  readonly webhookSending: WebhookSendingService;
}

@Resolver()
export class WebhookResolver {
  constructor(private readonly services: Services) {}

  @Resource('/admin/webhooks')
  @Query(() => [WebhookEndpointType], {
    description: 'Where a project’s events are told, newest first.',
  })
  webhookEndpoints(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, PROJECT_ID) projectId: string,
  ): Promise<WebhookEndpointType[]> {
    const { work, webhookEndpoints } = this.services;
    return webhookEndpoints.list(work.read(ctx), projectId);
  }

  @Resource('/admin/webhooks')
  @Query(() => WebhookDeliveryConnectionType, {
    description: 'What an endpoint was told, or is to be, newest first.',
  })
  async webhookDeliveries(
    @Ctx() ctx: RequestContext,
    @Arg('endpointId', () => ID, ENDPOINT_ID) endpointId: string,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg('state', () => WebhookDeliveryStateEnum, {
      nullable: true,
      description: 'Only those that stand so.',
    })
    state: WebhookDeliveryState | null,
  ): Promise<WebhookDeliveryConnectionType> {
    const { work, webhookDeliveries } = this.services;
    const page = await webhookDeliveries.list(
      work.read(ctx),
      { endpointId, state: state ?? undefined },
      pageRequest(first ?? 20, after),
    );
    return { ...page, nodes: page.nodes.map(shown) };
  }

  @Resource('/admin/webhooks')
  @Mutation(() => WebhookEndpointSecretType, {
    description:
      'Adds a URL that is told of a project’s events from now on. Its secret is shown this once.',
  })
  createWebhookEndpoint(
    @Ctx() ctx: RequestContext,
    @Arg('projectId', () => ID, PROJECT_ID) projectId: string,
    @Arg('input', () => CreateWebhookEndpointInput, { description: 'The endpoint.' })
    input: CreateWebhookEndpointInput,
  ): Promise<WebhookEndpointSecretType> {
    const { work, webhookEndpoints } = this.services;
    return work.change(ctx, (scope) => webhookEndpoints.create(scope, projectId, input));
  }

  @Resource('/admin/webhooks')
  @Mutation(() => WebhookEndpointType, {
    description: 'Changes an endpoint, or turns it on or off.',
  })
  updateWebhookEndpoint(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENDPOINT_ID) id: string,
    @Arg('input', () => UpdateWebhookEndpointInput, { description: 'What changes.' })
    input: UpdateWebhookEndpointInput,
  ): Promise<WebhookEndpointType> {
    const { work, webhookEndpoints } = this.services;
    return work.change(ctx, (scope) => webhookEndpoints.update(scope, id, input));
  }

  @Resource('/admin/webhooks')
  @Mutation(() => Boolean, {
    description: 'Takes an endpoint away for good, with its log and with what still waits.',
  })
  async deleteWebhookEndpoint(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENDPOINT_ID) id: string,
  ): Promise<boolean> {
    const { work, webhookEndpoints } = this.services;
    await work.change(ctx, (scope) => webhookEndpoints.delete(scope, id));
    return true;
  }

  @Resource('/admin/webhooks')
  @Mutation(() => WebhookEndpointSecretType, {
    description:
      'Gives an endpoint a new secret, shown this once. For a time each message is signed with the earlier one as well.',
  })
  rotateWebhookSecret(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENDPOINT_ID) id: string,
    @Arg('overlapSeconds', () => Int, {
      defaultValue: DEFAULT_OVERLAP_SECONDS,
      description:
        'How long the earlier secret still signs: 24 hours unless said otherwise, seven days at most. 0 ends it at once.',
    })
    overlapSeconds: number,
  ): Promise<WebhookEndpointSecretType> {
    const { work, webhookEndpoints } = this.services;
    return work.change(ctx, (scope) => webhookEndpoints.rotateSecret(scope, id, overlapSeconds));
  }

  @Resource('/admin/webhooks')
  @Mutation(() => WebhookEndpointType, {
    description:
      'Tells an endpoint again what came behind an event, or since an instant, each event under the `webhook-id` that it had. What waits already goes on waiting. Give either `after` or `since`. INVALID_TRANSITION while the endpoint is turned off.',
  })
  replayWebhooks(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENDPOINT_ID) id: string,
    @Arg('after', () => String, {
      nullable: true,
      description: 'The `webhook-id` of the last event that arrived.',
    })
    after: string | null,
    @Arg('since', () => Date, {
      nullable: true,
      description: 'From when on events are told again.',
    })
    since: Date | null,
  ): Promise<WebhookEndpointType> {
    return this.services.webhookDeliveries.replay(ctx, id, { after, since });
  }

  @Resource('/admin/webhooks')
  @Mutation(() => WebhookDeliveryType, {
    description: 'Sends one message again at once, whatever became of it.',
  })
  resendWebhookDelivery(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the delivery.' }) id: string,
  ): Promise<WebhookDeliveryType> {
    const { work, webhookDeliveries } = this.services;
    return work.change(ctx, async (scope) => shown(await webhookDeliveries.resend(scope, id)));
  }

  @Resource('/admin/webhooks')
  @Mutation(() => WebhookDeliveryType, {
    description:
      'Sends a message of type webhook.test, once, also to an endpoint that is turned off, and tells what became of it.',
  })
  async testWebhookEndpoint(
    @Ctx() ctx: RequestContext,
    @Arg('id', () => ID, ENDPOINT_ID) id: string,
  ): Promise<WebhookDeliveryType> {
    return shown(await this.services.webhookSending.test(ctx, id));
  }
}

function shown({
  eventId,
  nextAttemptAt,
  attemptLog,
  ...delivery
}: WebhookDelivery): WebhookDeliveryType {
  return {
    ...delivery,
    webhookId: eventId,
    attemptLog: attemptLog.map(({ at, ...attempt }) => ({ ...attempt, at: new Date(at) })),
    nextAttemptAt: delivery.state === 'PENDING' ? nextAttemptAt : null,
  };
}
