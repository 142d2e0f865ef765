//! What was seen over time, as an SVG.

use crate::{Result, Sample};
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// A line of a chart: its name and its value at a moment.
type Line = (&'static str, fn(&Sample) -> f64);

const MIB: f64 = (1 << 20) as f64;

const CHARTS: [(&str, &[Line]); 4] = [
    (
        "File, MiB",
        &[
            ("file", |sample| sample.file_bytes as f64 / MIB),
            ("live", |sample| sample.live_bytes as f64 / MIB),
        ],
    ),
    ("Memory, MiB", &[("resident", |sample| sample.memory_bytes as f64 / MIB)]),
    ("Get, µs", &[("median", |sample| sample.reads.median), ("p99", |sample| sample.reads.p99)]),
    (
        "Write, ms",
        &[
            ("median", |sample| sample.writes.median / 1000.0),
            ("p99", |sample| sample.writes.p99 / 1000.0),
        ],
    ),
];

pub fn draw(file: &Path, samples: &[Sample]) -> Result<()> {
    let root = SVGBackend::new(file, (1000, 1200)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, (title, lines)) in root.split_evenly((CHARTS.len(), 1)).iter().zip(CHARTS) {
        draw_one(area, title, lines, samples)?;
    }
    root.present()?;
    Ok(())
}

fn draw_one(area: &Area<'_>, title: &str, lines: &[Line], samples: &[Sample]) -> Result<()> {
    let seconds = samples.last().map_or(1.0, |sample| sample.seconds);
    let values = lines.iter().flat_map(|(_, of)| samples.iter().map(of));
    let most = values.fold(1.0, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..seconds, 0.0..most)?;
    chart.configure_mesh().x_desc("seconds").draw()?;
    for (index, (name, of)) in lines.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        let points = samples.iter().map(|sample| (sample.seconds, of(sample)));
        let line = LineSeries::new(points, color);
        let legend = move |(x, y)| PathElement::new(vec![(x, y), (x + 20, y)], color);
        chart.draw_series(line)?.label(*name).legend(legend);
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    Ok(())
}
