"""Recorded steps as one self-contained web page: `Recording.save_html` and the picture of it in a notebook.

`encoding` turns a recording into compact JSON, `layout` asks Graphviz where the nodes go, `page` puts both into
`template.html` together with the style sheet and the scripts. The page shows the record and computes none of it.
"""
