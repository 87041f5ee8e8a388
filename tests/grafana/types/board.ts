// The type of a dashboard of ours: Grafana's own, for a file of JSON.
import type { AnnotationQuery, Dashboard } from '@grafana/schema/dist/esm/raw/dashboard/x/dashboard_types.gen';

// In JSON a member of an enum is the text or the number that it stands for.
type Json<T> = T extends string
  ? `${T}`
  : T extends Array<infer One>
    ? Array<Json<One>>
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

// Grafana leaves to each data source what an annotation asks it; this is Prometheus.
type Note = Omit<AnnotationQuery, 'target'> & {
  expr: string;
  step: string;
  tagKeys: string;
  textFormat: string;
  titleFormat: string;
  useValueForTime: boolean;
};

// And the text that a query of a variable is edited as.
type Variable = NonNullable<NonNullable<Dashboard['templating']>['list']>[number] & { definition?: string };

// liveNow and the empty id are of every file that Grafana exports.
export type Board = Json<
  Omit<Dashboard, 'annotations' | 'templating' | 'id'> & {
    id: null;
    annotations: { list: Note[] };
    templating: { list: Variable[] };
  }
>;

// The compiler itself looks that it would find what this is for.
const good = { annotations: { list: [] }, templating: { list: [] }, id: null, schemaVersion: 39 };
// @ts-expect-error: a field that there is not
export const misspelt: Board = { ...good, annotations: { list: [] }, titel: 'x' };
// @ts-expect-error: text for a number
export const mistyped: Board = { ...good, schemaVersion: '39' };
// @ts-expect-error: a panel with a field that there is not
export const inside: Board = { ...good, panels: [{ type: 'stat', fieldConfig: { defaults: { unitt: 's' }, overrides: [] } }] };
// @ts-expect-error: a colour mode that there is not
export const mode: Board = { ...good, panels: [{ type: 'stat', fieldConfig: { defaults: { color: { mode: 'threshold' } }, overrides: [] } }] };
