import type { Schema } from "./openapi.js";

/** The fields of an object; of a union, one table for each of its forms. */
export function schemaTables(schema: Schema): string {
  const forms = (schema["oneOf"] ?? [schema]) as readonly Schema[];
  return forms
    .map((form) => {
      const properties = Object.entries((form["properties"] ?? {}) as Record<string, Schema>);
      const required = new Set((form["required"] ?? []) as readonly string[]);
      const rows = properties.map(
        ([name, field]) =>
          `<tr><td><code>${name}${required.has(name) ? "" : "?"}</code></td><td>${typeText(field)}</td></tr>`,
      );
      return `<table><thead><tr><th scope="col">Field</th><th scope="col">Type</th></tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
    })
    .join("\n");
}

/** A schema's type in one line, with links to the named ones. */
export function typeText(schema: Schema): string {
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const name = reference.split("/").at(-1) ?? "";
    return `<a href="#schema-${name}"><code>${name}</code></a>`;
  }
  if ("const" in schema) return literal(JSON.stringify(schema["const"]));
  const values = schema["enum"];
  if (Array.isArray(values)) return values.map((value) => literal(JSON.stringify(value))).join(" or ");
  const forms = schema["oneOf"] ?? schema["anyOf"];
  if (Array.isArray(forms)) return forms.map((form) => typeText(form as Schema)).join(" or ");
  if (schema["type"] === "array") return `list of ${typeText((schema["items"] ?? {}) as Schema)}`;
  if (schema["type"] === "object") {
    const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
    const required = new Set((schema["required"] ?? []) as readonly string[]);
    if (properties.length === 0) return `a ${typeText((schema["additionalProperties"] ?? {}) as Schema)} by name`;
    const fields = properties.map(([name, field]) => `${name}${required.has(name) ? "" : "?"}: ${typeText(field)}`);
    return `{ ${fields.join(", ")} }`;
  }
  return typeof schema["type"] === "string" ? schema["type"] + limits(schema) : "anything";
}

function limits(schema: Schema): string {
  const { minimum, maximum } = schema as Readonly<Record<string, number | undefined>>;
  return minimum === undefined || maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? ""
    : ` ${minimum}–${maximum}`;
}

function literal(text: string): string {
  return `<code>${escapeHtml(text)}</code>`;
}

/** Text with `code` in it. */
export function prose(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
