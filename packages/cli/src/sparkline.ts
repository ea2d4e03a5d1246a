// A series as a line of marks, each as high as its point.

const MARKS = "▁▂▃▄▅▆▇█";

/**
 * A mark per point, the highest for the highest point. Nothing above 0 looks like 0; what is not known is
 * blank. @param widthMax with more points, some stand together under one mark: the highest of them.
 */
export function sparkline(points: readonly (number | null)[], widthMax: number): string {
  const perMark = Math.max(1, Math.ceil(points.length / widthMax));
  const highest = mostOf(points) ?? 0;
  let line = "";
  for (let from = 0; from < points.length; from += perMark)
    line += toMark(mostOf(points.slice(from, from + perMark)), highest);
  return line;
}

/** The highest point; null where none is known. */
export function mostOf(points: readonly (number | null)[]): number | null {
  return points.reduce((most, point) => (point === null ? most : Math.max(most ?? 0, point)), null);
}

function toMark(point: number | null, highest: number): string {
  if (point === null) return " ";
  if (point === 0) return MARKS[0] ?? "";
  return MARKS[Math.max(1, Math.round((point / highest) * (MARKS.length - 1)))] ?? "";
}
