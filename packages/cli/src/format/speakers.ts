import type { EventData } from '@turnlog/call-events';

const LABEL_WIDTH = 12;

type Speaker = EventData<'turn.completed'>['speaker'];

const SPEAKERS: Readonly<Record<Speaker, readonly [icon: string, name: string]>> = {
  ai: ['🤖', 'AI:'],
  user: ['👤', 'USER:'],
  agent: ['🎧', 'AGENT:'],
  system: ['🔧', 'SYSTEM:'],
};

/** The speakers' names in a transcript: `🤖 AI:         `. */
export function speakerLabel(speaker: Speaker): string {
  const [icon, name] = SPEAKERS[speaker];
  return `${icon} ${name.padEnd(LABEL_WIDTH)}`;
}
