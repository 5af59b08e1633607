import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../access/graphql-enum.types.js';
import { PageInfoType } from '../audit/page-info.types.js';
import { PROJECT_MODES, type ProjectMode } from './project.js';
import { IdPolicyInput } from './self-registration/self-registration.types.js';
import { ProvisioningSettingsInput, ProvisioningSettingsType } from './settings/settings.types.js';

const ProjectModeEnum = graphqlEnum(PROJECT_MODES, {
  name: 'ProjectMode',
  description: 'How users come into a project.',
  meanings: {
    MANAGED: 'Administrators or a host system add the users; each gets an own invitation.',
    SELF_REGISTRATION:
      'One activation QR code for everyone; each activation is assigned the next ID.',
  },
});

@ObjectType('ProjectSummary', {
  description: 'What everyone with a mobile ID of a project may know of it.',
})
export class ProjectSummaryType {
  @Field(() => ID, { description: 'Id of the project.' })
  id!: string;

  @Field(() => String, { description: 'Name of the project.' })
  name!: string;

  @Field(() => String, { description: 'What the phone calls the server.' })
  serverName!: string;
}

@ObjectType('Project', { description: 'One mobile-ID programme.' })
export class ProjectType {
  @Field(() => ID, { description: 'Id of the project.' })
  id!: string;

  @Field(() => String, { description: 'Name of the project, unique.' })
  name!: string;

  @Field(() => ProjectModeEnum, { description: 'How users come into the project.' })
  mode!: ProjectMode;

  @Field(() => ProvisioningSettingsType, { description: 'What its mobile IDs are.' })
  settings!: ProvisioningSettingsType;

  @Field(() => Date, { description: 'When the project was made.' })
  createdAt!: Date;
}

@ObjectType('ProjectConnection', { description: 'One page of projects, newest first.' })
export class ProjectConnectionType {
  @Field(() => [ProjectType], { description: 'The projects of this page.' })
  nodes!: readonly ProjectType[];

  @Field(() => PageInfoType, { description: 'Where the page ends.' })
  pageInfo!: PageInfoType;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@InputType('CreateProjectInput', { description: 'A project to be made.' })
export class CreateProjectInput {
  @Field(() => String, { description: 'Unique, at most 100 characters.' })
  name!: string;

  @Field(() => ProjectModeEnum, {
    defaultValue: 'MANAGED',
    description: 'How users come into the project. It stays for good.',
  })
  mode!: ProjectMode;

  @Field(() => IdPolicyInput, {
    nullable: true,
    description: 'Which IDs it assigns. Only in SELF_REGISTRATION projects.',
  })
  idPolicy?: IdPolicyInput | null;

  @Field(() => ProvisioningSettingsInput, {
    nullable: true,
    description: 'What is left out gets the default of this server.',
  })
  settings?: ProvisioningSettingsInput | null;
}
