import { useActionRegistry } from "../keys/use-action";

interface ExportButtonProps {
  /** In a popover, which it closes: the dialog gives the focus back to where it came from, and that has to be in sight. */
  readonly closes?: boolean;
}

/** Opens the ways to export; the page of a run holds them (`ExportRoom`). */
export function ExportButton({ closes = false }: ExportButtonProps) {
  const actions = useActionRegistry();
  return (
    <button type="button" data-closes={closes ? "" : undefined} onClick={() => actions.perform(["export"])}>
      Export…
    </button>
  );
}
