"""The report: runs the benches, keeps their figures, draws docs/benchmarks from them alone.

``python -m bench.report`` runs every bench of `bench.report.pages.BENCHES` and redraws;
``--render`` redraws without measuring. A bench to add: a row there, a page, a template.

Not here: what is measured (`bench.machine`, `bench.gas`, `bench.dispute`, `bench.sql`), how a chart
looks (`bench.charts`).
"""
