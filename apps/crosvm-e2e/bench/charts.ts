import { init, use } from 'echarts/core';
import { BarChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { LegacyGridContainLabel } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';

import type { Row } from './report';

use([
  BarChart,
  LegacyGridContainLabel,
  GridComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

const WIDTH = 900;
const ROW_HEIGHT = 26;
const HEAD = 90;
const WITHIN = '#2e7d32';
const BEHIND = '#c62828';

type Bar = Row & { readonly kind: 'comparison' };

/** How many times as good as the peer: 1 and more is ahead. */
function goodness({ ratio, better }: Bar): number {
  return better === 'less' ? 1 / ratio : ratio;
}

/**
 * A chart of a part's comparisons as SVG: a bar each, to the right of the line where crosvm is ahead of
 * its peer. Undefined if there are none.
 */
export function chartOf(title: string, rows: readonly Row[]): string | undefined {
  // From the bottom up.
  const bars = rows.filter((row): row is Bar => row.kind === 'comparison').reverse();
  if (bars.length === 0) {
    return undefined;
  }
  const height = HEAD + bars.length * ROW_HEIGHT;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, subtext: 'times as good as the peer; green is within the budget' },
    grid: { left: 16, right: 60, top: 64, bottom: 8, containLabel: true },
    xAxis: { type: 'log', min: 0.05, max: 50, axisLabel: { show: false } },
    yAxis: {
      type: 'category',
      data: bars.map(({ what, peer }) => `${what}: ${peer}`),
      axisLabel: { fontSize: 11 },
    },
    series: [
      {
        type: 'bar',
        data: bars.map((bar) => ({
          value: Number(goodness(bar).toFixed(2)),
          itemStyle: { color: bar.isWithin ? WITHIN : BEHIND },
        })),
        label: { show: true, position: 'right' },
        markLine: { symbol: 'none', silent: true, label: { show: false }, data: [{ xAxis: 1 }] },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
