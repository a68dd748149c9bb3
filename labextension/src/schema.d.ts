/** The schema of the settings: the one place where their defaults stand. */
declare module '*/schema/plugin.json' {
  const schema: { readonly properties: Readonly<Record<string, { readonly default: unknown }>> };
  export default schema;
}
