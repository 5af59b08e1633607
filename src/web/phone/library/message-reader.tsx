import { Alert, Button, FileButton, Paper, Stack, Text, Title } from '@mantine/core';
import { useState, type ReactElement } from 'react';
import { adviceOn, type Advice } from '../../../phone/advice.js';
import type { StoredMobileId } from '../../../phone/keys/key-store.js';
import { openMessage, textOf } from '../../../phone/messages/message.js';

interface MessageReaderProps {
  readonly mobileIds: readonly StoredMobileId[];
}

type Reading =
  | { readonly name: 'IDLE' }
  | { readonly name: 'BUSY' }
  | { readonly name: 'OPENED'; readonly content: Uint8Array<ArrayBuffer>; readonly file: string }
  | { readonly name: 'PROBLEM'; readonly advice: Advice };

/** Opens an encrypted mail or its attachment with a key of this phone. Nothing of it leaves the phone. */
export function MessageReader({ mobileIds }: MessageReaderProps): ReactElement {
  const [reading, setReading] = useState<Reading>({ name: 'IDLE' });
  const read = async (file: File | null): Promise<void> => {
    if (file === null) return;
    setReading({ name: 'BUSY' });
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { content } = await openMessage(bytes, mobileIds);
      setReading({ name: 'OPENED', content, file: nameOf(file) });
    } catch (error) {
      setReading({ name: 'PROBLEM', advice: adviceOn(error) });
    }
  };
  return (
    <Paper component="section" withBorder radius="lg" p="lg" data-reader={reading.name}>
      <Stack gap="md">
        <Stack gap={4}>
          <Title order={2} fz="lg">
            Encrypted messages
          </Title>
          <Text size="sm" c="dimmed">
            Choose a mail (.eml) or its attachment smime.p7m. It is opened on this phone and sent
            nowhere.
          </Text>
        </Stack>
        <FileButton accept=".p7m,.eml,.pem,.cms" onChange={(file) => void read(file)}>
          {(props) => (
            <Button {...props} variant="default" loading={reading.name === 'BUSY'}>
              Open a message
            </Button>
          )}
        </FileButton>
        <div aria-live="polite">
          {reading.name === 'OPENED' && <Opened content={reading.content} file={reading.file} />}
          {reading.name === 'PROBLEM' && (
            <Alert color="red" title={reading.advice.title}>
              {reading.advice.next}
            </Alert>
          )}
        </div>
      </Stack>
    </Paper>
  );
}

interface OpenedProps {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly file: string;
}

/** Plain text alone is shown: what a message would have a page do is not done. */
function Opened({ content, file }: OpenedProps): ReactElement {
  const text = textOf(content);
  return (
    <Stack gap="sm">
      {text === undefined ? (
        <Text>It is no text. Save it to look at it.</Text>
      ) : (
        <Text component="pre" data-message ff="monospace" fz="sm" m={0} style={MESSAGE_STYLE}>
          {text}
        </Text>
      )}
      <Button
        variant="subtle"
        onClick={() => {
          save(content, file);
        }}
      >
        Save it
      </Button>
    </Stack>
  );
}

const MESSAGE_STYLE = { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' } as const;

/** As a file of this name. */
function save(content: Uint8Array<ArrayBuffer>, file: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** What is in a mail is a mail again; the name of an attachment was within it. */
function nameOf({ name }: File): string {
  return /\.eml$/i.test(name) ? name : `${name.replace(/\.[^.]*$/, '')}.eml`;
}
