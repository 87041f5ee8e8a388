// The type of a dashboard of ours: Grafana's own, for a file of JSON.
import type { GraphFieldConfig, TableFieldOptions } from '@grafana/schema';
import type { AnnotationQuery, Dashboard, DataSourceRef, FieldConfig, Panel, RowPanel, VariableModel } from '@grafana/schema/dist/esm/raw/dashboard/x/dashboard_types.gen';
import type { Options as Bars } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as Heatmap } from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as Timeline } from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as Graph } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// In JSON a member of an enum is the text or the number that it stands for.
type Json<T> = T extends string
  ? `${T}`
  : T extends Array<infer One>
    ? Array<Json<One>>
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

// What Grafana's type of a dashboard leaves open: what each kind of panel can be told …
type Kinds = {
  stat: { options: Stat; custom: never };
  bargauge: { options: Bars; custom: never };
  timeseries: { options: Graph; custom: GraphFieldConfig };
  heatmap: { options: Heatmap; custom: never };
  'state-timeline': { options: Timeline; custom: never };
  table: { options: Table; custom: TableFieldOptions };
};

// … and what Prometheus is asked, by panels, annotations and variables.
type Target = {
  refId: string;
  datasource: DataSourceRef;
  expr: string;
  legendFormat: string;
  instant: boolean;
  range: boolean;
  format?: 'table' | 'heatmap';
};
type Note = Omit<AnnotationQuery, 'target'> & {
  expr: string;
  step: string;
  tagKeys: string;
  textFormat: string;
  titleFormat: string;
  useValueForTime: boolean;
};
type Variable = VariableModel & { definition?: string };

type PanelOf<Kind extends keyof Kinds> = Omit<Panel, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: Kind;
  options: Partial<Kinds[Kind]['options']>;
  fieldConfig: {
    defaults: Omit<FieldConfig, 'custom'> & { custom?: Partial<Kinds[Kind]['custom']> };
    overrides: NonNullable<Panel['fieldConfig']>['overrides'];
  };
  targets: Target[];
};
type AnyPanel = { [Kind in keyof Kinds]: PanelOf<Kind> }[keyof Kinds];

export type Board = Json<
  Omit<Dashboard, 'annotations' | 'templating' | 'id' | 'panels'> & {
    id: null;
    annotations: { list: Note[] };
    templating: { list: Variable[] };
    panels: Array<AnyPanel | (RowPanel & { type: 'row' })>;
  }
>;

// The compiler itself looks that it would find what this is for.
const good = { annotations: { list: [] }, templating: { list: [] }, id: null, schemaVersion: 39, panels: [] };
type One = Json<PanelOf<'stat'>>;
const stat: One = { type: 'stat', options: {}, fieldConfig: { defaults: { unit: 's' }, overrides: [] }, targets: [] };
export const right: Board = { ...good, panels: [stat] };
// @ts-expect-error: a field that there is not
export const misspelt: Board = { ...good, panels: [], titel: 'x' };
// @ts-expect-error: text for a number
export const mistyped: Board = { ...good, schemaVersion: '39' };
// @ts-expect-error: a unit that there is not
export const unit: One = { ...stat, fieldConfig: { defaults: { unitt: 's' }, overrides: [] } };
// @ts-expect-error: a mode of colours that there is not
export const mode: One = { ...stat, fieldConfig: { defaults: { color: { mode: 'threshold' } }, overrides: [] } };
// @ts-expect-error: an option that this kind of panel does not have
export const option: One = { ...stat, options: { graphMod: 'none' } };
// @ts-expect-error: an option with a word that it does not know
export const word: One = { ...stat, options: { graphMode: 'nothing' } };
