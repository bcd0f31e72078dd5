// dashboard: what Grafana's own types say of a dashboard that is JSON
//
// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 the nexthop-milter authors
//
// test/structure/dashboard.sh puts the dashboard itself, as "judged", at its end. Grafana leaves open
// what options, custom settings and targets a panel has: here they are those of its type. What may be
// left out, by Grafana's own defaults, may be left out at any depth of them.

import type * as common from "@grafana/schema";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as states from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as series from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";
import type * as raw from "@grafana/schema/dist/esm/raw/dashboard/x/Dashboard_types.gen";

// An enumeration of words is its words in JSON.
type Json<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type Some<T> = T extends Array<unknown> ? T : T extends object ? { [K in keyof T]?: Some<T[K]> } : T;

// @grafana/schema has no queries of Prometheus.
interface Target extends Pick<common.DataQuery, "refId" | "hide"> {
	datasource: { type: "prometheus"; uid: string };
	expr: string;
	legendFormat?: string;
	instant?: boolean;
	range?: boolean;
}

interface PanelOf<Type extends string, Options, Custom>
	extends Omit<raw.Panel, "type" | "options" | "fieldConfig" | "targets"> {
	type: Type;
	options: Some<Options>;
	fieldConfig: Omit<raw.FieldConfigSource, "defaults"> & {
		defaults: Omit<raw.FieldConfig, "custom"> & { custom?: Some<Custom> };
	};
	targets: Target[];
}

type Panel = raw.RowPanel | PanelOf<"stat", stat.Options, Record<string, never>> |
	PanelOf<"state-timeline", states.Options, states.FieldConfig> | PanelOf<"timeseries", series.Options, series.FieldConfig>;

// "definition" is what Grafana's editor shows of a query; its types do not know it.
type Dashboard = Omit<raw.Dashboard, "panels" | "templating"> & {
	panels: Panel[];
	templating: { list: (raw.VariableModel & { definition?: string })[] };
};

const judged: Json<Dashboard> =
