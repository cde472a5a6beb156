/** Faults that are known and wait to be removed. One that no longer occurs fails the check: remove it here. */
export const exceptions = {
  'the folders of a service have no cycle': [
    'services/persister/src/persist -> services/persister/src/report',
    'services/persister/src/service.ts -> services/persister/src/report',
    'services/persister/src/store -> services/persister/src/persist',
  ],
};
