// A letter in a hurry.

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path class="wind" d="M5 9.5h9M3 16h8M6 22.5h7" />
      <path class="letter" d="M15 8.5h12v15H13.5z" />
      <path class="fold" d="m15.5 9 5.8 7L27 9" />
    </svg>
  );
}
