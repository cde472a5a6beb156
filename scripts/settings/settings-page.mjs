const INTRODUCTION = `# Settings

<!-- Generated from the services' schemas by \`npm run settings\`. -->

Settings are environment variables. A service that is started with a wrong value lists every problem and exits. An
empty value counts as not set.
`;

const CLI = `
## Commands

\`turnlog erase\` reads \`ERASURE_KEY\` and \`PHONE_REGION\` (\`IN\`): numbers without a country code are of this country.
\`turnlog call\` and \`turnlog recording\` read the reconciler's \`EXOTEL_…\`; \`turnlog call\` also reads
\`CARRIER_UTC_OFFSET\`, \`EXOTEL_CALLER_ID\`, \`EXOTEL_CONNECT_TIMEOUT_MS\` (45000), \`PUBLIC_URL\`, \`WEBHOOK_SECRET\` and
\`STREAM_SECRET\`. \`.env.example\` lists what \`docker compose\` passes on.
`;

/** docs/settings.md: what all services share, then what each has of its own. */
export function settingsPage(services) {
  const isShared = ({ name }) =>
    services.every(({ settings }) => settings.some((other) => other.name === name && name !== 'HEALTH_PORT'));
  const [{ settings: first }] = services;
  const sections = [
    ['All services', first.filter(isShared)],
    ...services.map(({ service, settings }) => [service, settings.filter((setting) => !isShared(setting))]),
  ];
  return `${INTRODUCTION}${sections.map(section).join('')}${CLI}`;
}

function section([title, settings]) {
  const rows = settings.map((setting) => {
    const { name, meaning, expected } = setting;
    return `| \`${name}\` | ${setting.default} | ${cell(meaning)} | ${cell(expected)} |\n`;
  });
  const head = '| setting | default | meaning | value |\n| --- | --- | --- | --- |\n';
  return `\n## ${title}\n\n<!-- prettier-ignore-start -->\n${head}${rows.join('')}<!-- prettier-ignore-end -->\n`;
}

const cell = (text) => text.replaceAll('|', '\\|');
