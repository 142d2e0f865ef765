//! The plots of a section: its ratios as bars, and lines over what grows.

use super::{Lines, Section};
use anyhow::Result;
use plotters::prelude::*;
use std::path::Path;

const BAR_HEIGHT: u32 = 26;
const WIDTH: u32 = 1000;

/// Draws what the section has into the folder; the names of the files.
pub fn draw(section: &Section, number: usize, folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let bars: Vec<_> = section.rows.iter().filter(|row| row.ratio.is_finite()).collect();
    if !bars.is_empty() {
        let bars = bars.iter().map(|row| {
            let what = format!("{} / {}", row.what, row.against);
            (what, row.ratio, row.goal)
        });
        let name = format!("{number}-ratios.svg");
        ratios(&folder.join(&name), &section.title, &bars.collect::<Vec<_>>())?;
        names.push(name);
    }
    for (index, plot) in section.lines.iter().enumerate() {
        let name = format!("{number}-lines-{}.svg", index + 1);
        lines(&folder.join(&name), plot)?;
        names.push(name);
    }
    Ok(names)
}

/// Bars from 1 on, to the right where we take longer; a line where the goal is.
fn ratios(file: &Path, title: &str, bars: &[(String, f64, Option<f64>)]) -> Result<()> {
    let count = bars.len();
    let root = SVGBackend::new(file, (WIDTH, 90 + BAR_HEIGHT * u32::try_from(count)?));
    let root = root.into_drawing_area();
    root.fill(&WHITE)?;
    let ratios = || bars.iter().map(|(_, ratio, _)| *ratio);
    let least = ratios().fold(0.5, f64::min) / 1.2;
    let most = ratios().fold(2.0, f64::max) * 1.2;
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("{title}: ratio, left of 1 is faster"), ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(460)
        .build_cartesian_2d((least..most).log_scale(), 0..count)?;
    let name = |at: &usize| {
        count.checked_sub(at + 1).and_then(|at| bars.get(at)).map_or("", |bar| &bar.0).to_owned()
    };
    let mut mesh = chart.configure_mesh();
    mesh.disable_y_mesh().y_labels(count).y_label_formatter(&name).draw()?;
    for (index, (_, ratio, goal)) in bars.iter().enumerate() {
        let at = count - 1 - index;
        let missed = goal.is_some_and(|goal| *ratio > goal);
        let color = if missed { RED.mix(0.6) } else { BLUE.mix(0.5) };
        let ends = [(1.0, at), (*ratio, at + 1)];
        chart.draw_series([Rectangle::new(ends, color.filled())])?;
        if let Some(goal) = goal {
            let ends = vec![(*goal, at), (*goal, at + 1)];
            chart.draw_series([PathElement::new(ends, BLACK.stroke_width(2))])?;
        }
    }
    root.present()?;
    Ok(())
}

fn lines(file: &Path, plot: &Lines) -> Result<()> {
    let root = SVGBackend::new(file, (WIDTH, 420)).into_drawing_area();
    root.fill(&WHITE)?;
    let points = || plot.lines.iter().flat_map(|(_, points)| points.iter().copied());
    let (first, last) = ends(points().map(|(x, _)| x));
    let (least, most) = ends(points().map(|(_, y)| y));
    let mut chart = ChartBuilder::on(&root)
        .caption(&plot.name, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d((first..last).log_scale(), (least / 1.3..most * 1.3).log_scale())?;
    chart.configure_mesh().x_desc(&plot.x).y_desc(&plot.y).draw()?;
    for (index, (name, points)) in plot.lines.iter().enumerate() {
        let color = Palette99::pick(index).to_rgba();
        let legend = move |(x, y)| PathElement::new(vec![(x, y), (x + 20, y)], color);
        let line = LineSeries::new(points.iter().copied(), color).point_size(3);
        chart.draw_series(line)?.label(name).legend(legend);
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    root.present()?;
    Ok(())
}

fn ends(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    numbers
        .fold((f64::INFINITY, 0.0), |(least, most), number| (least.min(number), most.max(number)))
}
