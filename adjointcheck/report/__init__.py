"""Plain data in, pages out: one outline of a report, printed for terminals, Markdown, HTML, LaTeX, JSON and JUnit."""
