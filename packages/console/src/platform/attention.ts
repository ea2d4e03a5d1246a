// Whether the page looks again by itself: not while nobody sees it, and not while its reader has it paused.

import { computed, signal } from "@preact/signals";

export const isPausedByReader = signal(false);
const isHidden = signal(document.hidden);

document.addEventListener("visibilitychange", () => {
  isHidden.value = document.hidden;
});

export const isWatching = computed(() => !isHidden.value && !isPausedByReader.value);
