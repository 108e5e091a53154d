/** Requests at once: enough to hide the round trip, few enough for the fair queues of a shared API server. */
export const REQUESTS_AT_ONCE = 16
