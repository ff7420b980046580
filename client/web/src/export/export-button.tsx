import { useActionRegistry } from "../keys/use-action";

/** Opens the ways to export; the page of a run holds them (`ExportRoom`). */
export function ExportButton({ className }: { className?: string }) {
  const actions = useActionRegistry();
  return (
    <button type="button" className={className} onClick={() => actions.perform(["export"])}>
      Export…
    </button>
  );
}
