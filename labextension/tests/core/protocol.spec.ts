import { describe, expect, it } from 'vitest';
// @ts-expect-error: a script, without types
import { typescript } from '../../scripts/protocol.mjs';

const struct = (properties: object, required: string[] = []) => ({
  $defs: { Thing: { type: 'object', description: 'What it is.\n\nAnd */ more.', properties, required } }
});

describe('the generator of protocol.ts', () => {
  it('writes every form that the schema uses', () => {
    const written = typescript(
      struct(
        {
          name: { type: 'string', maxLength: 3 },
          count: { type: 'integer', minimum: 0 },
          other: { $ref: '#/$defs/Other' },
          maybe: { anyOf: [{ type: 'number' }, { type: 'null' }], default: null },
          kind: { enum: ["it's", 'b'] },
          list: { type: 'array', items: { anyOf: [{ $ref: '#/$defs/A' }, { $ref: '#/$defs/B' }] } },
          map: { type: 'object', additionalProperties: { type: 'boolean' } },
          levels: {
            type: 'object',
            additionalProperties: { type: 'integer' },
            propertyNames: { enum: ['x'] }
          },
          anything: {},
          'odd-name': { const: 1 }
        },
        ['name', 'count']
      ),
      { Kind: ['Thing', 'kind'], Gone: ['Nothing', 'x'] }
    );
    const fields = [
      'name: string;',
      'count: number;',
      'other?: Other;',
      'maybe?: number | null;',
      "kind?: 'it\\'s' | 'b';",
      'list?: Array<A | B>;',
      'map?: Record<string, boolean>;',
      "levels?: Partial<Record<'x', number>>;",
      'anything?: unknown;',
      "'odd-name'?: 1;"
    ];
    expect(written).toContain(`export interface Thing {\n${fields.map(field => `  ${field}\n`).join('')}}`);
    expect(written).toContain(' * And * / more.');
    expect(written).toContain("export type Kind = Thing['kind'];");
    expect(written).not.toContain('Gone');
  });

  it('refuses what it does not know', () => {
    expect(() => typescript(struct({ odd: { type: 'date' } }))).toThrow('no TypeScript');
    expect(() => typescript(struct({ odd: { type: 'object', properties: {} } }))).toThrow('without a name');
    expect(() => typescript({ $defs: { Word: { type: 'string' } } })).toThrow('Word is no struct');
  });
});
