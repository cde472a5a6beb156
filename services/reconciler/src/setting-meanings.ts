/** What each setting of the reconciler means. */
export const settingMeanings = {
  HEALTH_PORT: 'The port of `/healthz`, `/readyz` and `/metrics`.',
  TENANT: 'The tenant whose Exotel account it is; calls of other tenants are not checked.',
  EXOTEL_ACCOUNT_SID: 'The Exotel account; without the three credentials the reconciler is off.',
  EXOTEL_API_KEY: 'The key of the Exotel API.',
  EXOTEL_API_TOKEN: 'The token of the Exotel API.',
  EXOTEL_API_URL: 'The Exotel API: Mumbai by default, `https://api.exotel.com` for Singapore.',
  EXOTEL_TIMEOUT_MS: 'How long a request to the Exotel API may take.',
  EXOTEL_REQUESTS_PER_MINUTE: 'The most requests of all replicas together; Exotel allows 200.',
  CARRIER_UTC_OFFSET: "The time zone of Exotel's times, which do not name one.",
  CARRIER_CURRENCY: 'The currency of prices, if Exotel does not name one.',
  RECONCILE_EVERY_MS: 'How often the reconciler looks for checks that are due.',
  CHECK_AFTER_MS: 'How long after the end of a call the first check is.',
  RECHECK_AFTER_MS: 'How long after the end of a call the second check is.',
  LOOKBACK_MS: 'How old an unchecked call may be that the reconciler finds when it starts.',
};
