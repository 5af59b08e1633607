import { ArgsType, Field, ID, Int, ObjectType } from 'type-graphql';
import { graphqlEnum } from '../../access/graphql-enum.types.js';
import {
  IMPORTED_FIELDS,
  type ImportChange,
  type ImportedField,
  type ImportProblem,
} from './user-import.service.js';

const CHANGE_ACTIONS = ['ADD', 'UPDATE', 'REMOVE', 'KEEP'] as const;

const ImportActionEnum = graphqlEnum(CHANGE_ACTIONS, {
  name: 'ImportAction',
  description: 'What an import does with somebody.',
  meanings: {
    ADD: 'He becomes a member.',
    UPDATE: 'Something of him changes.',
    REMOVE: 'He is not in the file, and is no longer a member.',
    KEEP: 'He is not in the file, and stays a member: he holds a role, and no file removes such a user.',
  },
});

const ImportedFieldEnum = graphqlEnum(IMPORTED_FIELDS, {
  name: 'ImportedField',
  description: 'What a file says of somebody.',
  meanings: {
    name: 'First and last name, as one.',
    email: 'The e-mail address.',
    hostId: 'The ID that the host system gave.',
    syncId: 'What lists that are imported again know him by.',
  },
});

@ObjectType('ImportProblem', { description: 'What is wrong with an imported file, and where.' })
class ImportProblemType {
  @Field(() => Int, { description: 'Counted from 1, the first line of the file.' })
  line!: number;

  @Field(() => String, {
    nullable: true,
    description: 'As the header calls it; null where it is not about one column.',
  })
  column!: string | null;

  @Field(() => String, { description: 'A sentence that does not repeat the value.' })
  message!: string;
}

@ObjectType('ImportedValues', { description: 'What was known of somebody before an import.' })
class ImportedValuesType {
  @Field(() => String, { description: 'The display name.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'The e-mail address.' })
  email!: string | null;

  @Field(() => String, { nullable: true, description: 'The ID that the host system gave.' })
  hostId!: string | null;

  @Field(() => String, { nullable: true, description: 'The sync ID.' })
  syncId!: string | null;
}

@ObjectType('ImportChange', {
  description: 'One difference between an imported file and the project.',
})
class ImportChangeType {
  @Field(() => ImportActionEnum, { description: 'What happens to him.' })
  action!: ImportChange['action'];

  @Field(() => Int, { nullable: true, description: 'His line; null for who is not in the file.' })
  line!: number | null;

  @Field(() => String, { description: 'His name, as the file has it.' })
  displayName!: string;

  @Field(() => String, { description: 'His address, as the file has it.' })
  email!: string;

  @Field(() => String, { nullable: true, description: 'The ID that the host system gave.' })
  hostId!: string | null;

  @Field(() => String, { nullable: true, description: 'The sync ID.' })
  syncId!: string | null;

  @Field(() => [ImportedFieldEnum], { description: 'What becomes another.' })
  changed!: readonly ImportedField[];

  @Field(() => ImportedValuesType, {
    nullable: true,
    description: 'What was there, where something becomes another; else null.',
  })
  before!: ImportedValuesType | null;

  @Field(() => Boolean, {
    description: 'He has an account already, and becomes a member of this project too.',
  })
  hasAccount!: boolean;

  @Field(() => Boolean, {
    description:
      'He was removed from the project before, and comes back: the mobile IDs that were suspended then can be used again.',
  })
  returns!: boolean;

  @Field(() => Boolean, {
    description: 'He is a member of another project too, or has a mobile ID there.',
  })
  isShared!: boolean;

  @Field(() => Boolean, { description: 'An invitation goes out to him.' })
  invites!: boolean;
}

@ObjectType('UserImport', {
  description:
    'What a file of users means for a project, or has changed there. Where there are problems nothing was changed, and the other numbers are 0.',
})
export class UserImportType {
  @Field(() => Boolean, { description: 'Nothing was changed: this is what would be.' })
  dryRun!: boolean;

  @Field(() => Int, { description: 'Rows of the file, without the header.' })
  rows!: number;

  @Field(() => String, {
    description: 'What the file was taken for: utf-8, utf-16le, utf-16be or windows-1252.',
  })
  encoding!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What parts its fields: comma, semicolon, tabulator or vertical bar; null for an empty file.',
  })
  separator!: string | null;

  @Field(() => [String], { description: 'Columns that mean nothing here, and were not read.' })
  ignoredColumns!: readonly string[];

  @Field(() => Int, { description: 'Who became members.' })
  added!: number;

  @Field(() => Int, {
    description:
      'Invitations that go out: to new members who can be reached and have no mobile ID yet, and to those whose invitation a new address makes void.',
  })
  invited!: number;

  @Field(() => Int, { description: 'Members of whom something became another.' })
  updated!: number;

  @Field(() => Int, { description: 'Members who were not in the file, and are none any more.' })
  removed!: number;

  @Field(() => Int, {
    description: 'Members who were not in the file and hold a role: no file removes them.',
  })
  kept!: number;

  @Field(() => Int, { description: 'Rows that say what was there already.' })
  unchanged!: number;

  @Field(() => Int, { description: 'Members of the project before the import.' })
  members!: number;

  @Field(() => Int, { description: 'The limit that held for this import.' })
  maxRemovedPercent!: number;

  @Field(() => Boolean, {
    description: 'More would be removed than that: the import itself is refused.',
  })
  removesTooMany!: boolean;

  @Field(() => [ImportProblemType], {
    description: 'What is wrong with the file, by line: the first 100.',
  })
  problems!: readonly ImportProblem[];

  @Field(() => Int, { description: 'How many there are in all.' })
  problemCount!: number;

  @Field(() => [ImportChangeType], {
    description:
      'The first 100 differences, who is missing first. `POST /imports/users` tells all.',
  })
  changes!: readonly ImportChange[];
}

@ArgsType()
export class ImportUsersArgs {
  @Field(() => ID, { description: 'Id of the project.' })
  projectId!: string;

  @Field(() => String, {
    description:
      'The file, at most 1 MB. Its first line names the columns, in any order: e-mail, first name and last name (or name), and optionally ID and sync ID. Larger files go to `POST /imports/users`.',
  })
  csv!: string;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'Changes nothing, and tells what would change.',
  })
  dryRun!: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How many percent of the members may be removed at once, 0 to 100. What the project says, if left out.',
  })
  maxRemovedPercent!: number | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'Whether names and addresses may change of users who are members of other projects too, or have mobile IDs there. Without it such a row is a problem.',
  })
  changeShared!: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'Whether new members get an invitation where they can be reached.',
  })
  invite!: boolean | null;
}
