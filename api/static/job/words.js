/* Moments and lengths of time by the reader's own clock. */

const MINUTE = 60000;
const HOUR = 60 * MINUTE;

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });
const dayAt = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export const onDay = (moment) => day.format(new Date(moment));
export const onDayAt = (moment) => dayAt.format(new Date(moment));
export const atTime = (moment) => clock.format(new Date(moment));

/* "in about 12 minutes, at 14:32" */
export function doneAt(moment) {
  const left = new Date(moment) - Date.now();
  if (left < 1.5 * MINUTE) return "Done in about a minute";
  if (left < 90 * MINUTE) return `Done in about ${Math.round(left / MINUTE)} minutes, at ${atTime(moment)}`;
  if (left < 20 * HOUR) return `Done in about ${Math.round(left / HOUR)} hours, at ${atTime(moment)}`;
  return `Done around ${onDayAt(moment)}`;
}
