/** One of Debian's Bootstrap icons; the build gathers every name that a source writes. */
export function Icon({ name }: { name: string }) {
  return (
    <svg className="ico" aria-hidden="true" viewBox="0 0 16 16">
      <use href={`${SPRITE_URL}#${name}`} />
    </svg>
  );
}
