const ai = (text: string, afterMs: number) => ({ event: 'turn', turn: { speaker: 'ai', text }, afterMs });
const user = (text: string, afterMs: number) => ({ event: 'turn', turn: { speaker: 'user', text }, afterMs });
const collect = (data: Record<string, string | number>) => ({ event: 'collect', data, afterMs: 200 });
const stage = (name: string) => ({ event: 'stage', stage: name, afterMs: 0 });

/** A short sales call about an apartment: what an agent reports of it, as messages with their pauses. */
export const seedConversation = [
  stage('greeting'),
  ai("Hello! I'm calling from Real Estate about the home you are looking for.", 500),
  user('Hi, yes?', 3_000),
  stage('discovery'),
  ai("Great! What's your budget for this property?", 1_500),
  user('Around 50 lakhs', 3_000),
  collect({ budget: 5_000_000 }),
  ai('And which city would you like to live in?', 1_300),
  user('Mumbai', 2_500),
  collect({ location: 'Mumbai' }),
  ai('Are you looking for an apartment or a house?', 1_300),
  user('An apartment', 2_500),
  collect({ property_type: 'apartment' }),
  stage('closing'),
  { event: 'outcome', outcome: 'qualified', afterMs: 300 },
];
