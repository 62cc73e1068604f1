//! Tables and charts.

use serde_json::Value;

use super::Check;

const COLUMNS: usize = 20;

impl Check<'_> {
    pub fn table(&mut self, rows: &Value, path: &str) {
        for (index, row) in self.items(rows, 1, 100, path).iter().enumerate() {
            let path = format!("{path}/{index}");
            self.row(row, &["raw_text", "rich_text"], &path);
        }
    }

    /// The header and at least one row, all of the same length.
    pub fn data_table(&mut self, rows: &Value, path: &str) {
        let rows = self.items(rows, 2, 201, path);
        let columns = rows.first().and_then(Value::as_array).map_or(0, Vec::len);
        for (index, row) in rows.iter().enumerate() {
            let path = format!("{path}/{index}");
            let cells: &[&str] = match index {
                0 => &["raw_text", "raw_number"],
                _ => &["raw_text", "raw_number", "rich_text", "action_cell"],
            };
            self.row(row, cells, &path);
            if row.as_array().is_some_and(|row| row.len() != columns) {
                self.report("all rows must have the same number of cells", &path);
            }
        }
    }

    pub fn chart(&mut self, chart: &Value, path: &str) {
        match chart["type"].as_str() {
            Some("pie") => {
                let path = format!("{path}/segments");
                for (index, segment) in
                    self.items(&chart["segments"], 1, 12, &path).iter().enumerate()
                {
                    self.point(segment, true, &format!("{path}/{index}"));
                }
            }
            Some("bar" | "line" | "area") => self.series(chart, path),
            Some(kind) => self.report(format!("unsupported type: {kind}"), &format!("{path}/type")),
            None => self.report("missing required field: type", path),
        }
    }

    fn series(&mut self, chart: &Value, path: &str) {
        let axis = format!("{path}/axis_config/categories");
        let categories = self.items(&chart["axis_config"]["categories"], 1, 20, &axis);
        for (index, category) in categories.iter().enumerate() {
            self.string(category, 1, 20, &format!("{axis}/{index}"));
        }
        for label in ["x_label", "y_label"] {
            if let Some(label_text) = chart["axis_config"].get(label) {
                self.string(label_text, 1, 50, &format!("{path}/axis_config/{label}"));
            }
        }
        let path = format!("{path}/series");
        let mut names = Vec::new();
        for (index, series) in self.items(&chart["series"], 1, 12, &path).iter().enumerate() {
            let path = format!("{path}/{index}");
            self.string(&series["name"], 1, 20, &format!("{path}/name"));
            if names.contains(&&series["name"]) {
                self.report("series names must be unique", &format!("{path}/name"));
            }
            names.push(&series["name"]);
            let path = format!("{path}/data");
            let data = self.items(&series["data"], 1, 20, &path);
            for (index, point) in data.iter().enumerate() {
                self.point(point, false, &format!("{path}/{index}"));
            }
            let has = |category: &Value| data.iter().any(|point| point["label"] == *category);
            if data.len() != categories.len() || !categories.iter().all(has) {
                self.report("must have one data point for each category", &path);
            }
        }
    }

    fn point(&mut self, point: &Value, must_be_positive: bool, path: &str) {
        self.string(&point["label"], 1, 20, &format!("{path}/label"));
        match point["value"].as_f64() {
            None => self.report("must be a number", &format!("{path}/value")),
            Some(value) if must_be_positive && value <= 0.0 => {
                self.report("must be greater than 0", &format!("{path}/value"));
            }
            Some(_) => {}
        }
    }

    fn row(&mut self, row: &Value, cells: &[&str], path: &str) {
        for (index, cell) in self.items(row, 1, COLUMNS, path).iter().enumerate() {
            let path = format!("{path}/{index}");
            match cell["type"].as_str() {
                Some(kind) if !cells.contains(&kind) => {
                    self.report(format!("unsupported type: {kind}"), &format!("{path}/type"));
                }
                Some("raw_text") => self.string(&cell["text"], 1, 3000, &format!("{path}/text")),
                Some("raw_number") => {
                    self.string(&cell["text"], 1, 100, &format!("{path}/text"));
                    if !cell["value"].is_number() {
                        self.report("must be a number", &format!("{path}/value"));
                    }
                }
                Some("rich_text") => {
                    self.rich_text(&cell["elements"], &format!("{path}/elements"));
                }
                Some("action_cell") => {
                    self.element(&cell["element"], &["button"], &format!("{path}/element"));
                }
                Some(_) => {}
                None => self.report("missing required field: type", &path),
            }
        }
    }
}
