def pages():
    return {"index.md": "# Reference\n"}
