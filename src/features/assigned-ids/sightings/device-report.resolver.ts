import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../kernel/actor.js';
import { Resource } from '../../access/resource.types.js';
import type { DeviceReportService } from './device-report.service.js';

/** What phones call to say that they are in use. */
@Resolver()
export class DeviceReportResolver {
  constructor(private readonly reports: DeviceReportService) {}

  @Resource('/device')
  @Mutation(() => Boolean, {
    description:
      'The phone reports in: `AssignedId.lastSeenAt` of its IDs becomes now, once an hour at most. Answers whether it has an ID here that is not revoked.',
  })
  reportDevice(
    @Ctx() ctx: RequestContext,
    @Arg('proof', () => String, {
      description:
        'Shows which phone this is: JWS, compact, ES256, its header carrying the phone\'s public `jwk` and `typ: "report+jwt"`, its payload `aud` (the server\'s public URL) and `iat` (within 60 s).',
    })
    proof: string,
  ): Promise<boolean> {
    return this.reports.report(ctx, proof);
  }
}
