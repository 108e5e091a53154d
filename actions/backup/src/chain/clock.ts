/** Clocks of runners differ by seconds. A backup from further in the future makes the order and the age of all worthless. */
export const CLOCK_TOLERANCE_MS = 3_600_000
