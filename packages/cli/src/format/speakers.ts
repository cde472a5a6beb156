import { type EventData } from '@turnlog/call-events';

const LABEL_WIDTH = 12;

const SPEAKERS: Readonly<
  Record<EventData<'turn.completed'>['speaker'], readonly [icon: string, name: string]>
> = {
  ai: ['🤖', 'AI:'],
  user: ['👤', 'USER:'],
  agent: ['🎧', 'AGENT:'],
  system: ['🔧', 'SYSTEM:'],
};

/** The speakers' names in a transcript: `🤖 AI:         `. */
export function speakerLabel(speaker: EventData<'turn.completed'>['speaker']): string {
  const [icon, name] = SPEAKERS[speaker];
  return `${icon} ${name.padEnd(LABEL_WIDTH)}`;
}
